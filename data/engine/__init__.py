"""Column segments in Postgres and the kernels that answer from them."""
