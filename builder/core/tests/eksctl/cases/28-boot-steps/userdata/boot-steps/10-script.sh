#cloud-boothook
#!/bin/bash
echo early
