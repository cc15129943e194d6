"""Pictures of products: one product from many angles, and the same product in each of them."""
