"""How weights start and change: ``initialization``, ``sgd``, ``adam``, ``clip``, ``tree``."""
