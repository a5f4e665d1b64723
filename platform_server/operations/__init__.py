"""How an installation is doing: how long things take, why they end, and how that was before."""
