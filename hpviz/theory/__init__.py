"""The mathematics of the article's pictures, in plain NumPy: small problems whose answers are known in closed form."""
