"""The catalog: what can be chosen, with every figure's value, unit, basis, source and date."""
