"""A server that speaks each service's form of embeddings, and the faults that services have."""
