#part-handler
LEVEL = "info"


def list_types():
    return ["text/x-example"]


def handle_part(data, ctype, filename, payload):
    if ctype == "text/x-example":
        print(LEVEL, payload)
