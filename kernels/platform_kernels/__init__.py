"""What plugs into jupyter_client: the provisioner that starts kernels in sandboxes."""
