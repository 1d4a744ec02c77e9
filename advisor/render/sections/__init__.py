"""The design document's sections: each turns a proposal into what its template places, or None when it has nothing."""
