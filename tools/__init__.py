"""What ``make`` runs: programs found or built, the embedded control plane, and the stack's commands."""
