"""Bills of quantities: read, priced line by line, compared as variants and divided among tenants."""
