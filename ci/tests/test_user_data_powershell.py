"""Windows' golden cases, parsed by tree-sitter's grammar of PowerShell.

This is a grammar that others wrote and editors use. It is not Microsoft's parser, of which there is no package
here: it finds a brace or a quote that is missing, and knows no command and no parameter by name.
"""

import re

import pytest
import tree_sitter
import tree_sitter_powershell
from goldens import POWERSHELL, complete, facts, name, parts

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
OPEN, CLOSE = b"<powershell>\n", b"</powershell>\n"

# Start-EKSBootstrap.ps1, EKS user guide, "Bootstrap script configuration parameters".
PARAMETERS = {
    "APIServerEndpoint",
    "Base64ClusterCA",
    "ContainerRuntime",
    "DNSClusterIP",
    "EKSClusterName",
    "ExcludedSnatCIDRs",
    "KubeletExtraArgs",
    "KubeProxyExtraArgs",
    "ServiceCIDR",
}


def script(path):
    """What EC2Launch hands to PowerShell."""
    text = path.read_bytes()
    assert text.startswith(OPEN) and text.endswith(CLOSE)
    return text.removeprefix(OPEN).removesuffix(CLOSE)


def mistakes(text):
    """Where the grammar does not fit, and what would have to be there. It has no digits in the names of parameters,
    which PowerShell takes: they are left out."""
    text = re.sub(rb"(?<=\s)(-[A-Za-z]+)[0-9]+([A-Za-z]*)(?=\s)", rb"\1\2", text)
    open_nodes, found = [PARSER.parse(text).root_node], []
    while open_nodes:
        node = open_nodes.pop()
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point.row + 1}: {node.type}")
        open_nodes += node.children
    return found


@pytest.mark.parametrize("path", POWERSHELL, ids=name)
def test_the_script_parses(path):
    assert mistakes(script(path)) == []


@pytest.mark.parametrize("path", [part for path in POWERSHELL for part in parts(path)], ids=name)
def test_each_part_parses_by_itself(path):
    """So that what one step leaves open is not closed by the next."""
    assert mistakes(path.read_bytes()) == []


BROKEN = {
    "a brace": b"if ($true) {\nWrite-Host 1\n",
    "a quote": b"Write-Host 'it\n",
    "a quote in a quote": b"Foo -Name 'it's'\nBar\n",
    "a pipe to nowhere": b"Get-Disk |\n",
    "a shell's if": b"if [ -e /etc/eks ]; then\n  echo 1\nfi\n",
    "an argument without a comma": b"$a = @('x' 'y'\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_script_is_seen_to_be_broken(text):
    assert mistakes(text)


def test_digits_in_a_parameter_do_not_hide_a_mistake():
    assert mistakes(b"Foo -Base64ClusterCA 'a' `\n  -Name 'b'\n") == []
    assert mistakes(b"Foo -Base64ClusterCA 'a' `\n  -Name 'b\n")


@pytest.mark.parametrize("path", POWERSHELL, ids=name)
def test_it_is_one_block_made_of_its_parts(path):
    assert script(path) == b"".join(part.read_bytes() for part in parts(path))
    text = path.read_bytes()
    assert text.isascii() and b"\r" not in text and len(text) <= 16384
    assert text.lower().count(b"powershell>") == 2
    # The call comes last, and once.
    assert all(b"Start-EKSBootstrap" not in part.read_bytes() for part in parts(path)[:-1])


@pytest.mark.parametrize("path", POWERSHELL, ids=name)
def test_the_node_learns_its_cluster_from_exactly_one_side(path):
    text = script(path).decode()
    if not complete(path):
        assert "Start-EKSBootstrap" not in text
        return
    last = parts(path)[-1].read_text()
    assert last.count("Start-EKSBootstrap.ps1") == 1
    # `-Name 'value'`, or `Name = 'value'` in a table of arguments.
    given = dict(re.findall(r"(?:-|^\s+)(\w+)(?: |\s+= )'((?:[^']|'')*)'", last, re.MULTILINE))
    assert set(given) <= PARAMETERS
    cluster, locked = facts(path)
    wanted = {
        "EKSClusterName": cluster,
        "APIServerEndpoint": locked["endpoint"],
        "Base64ClusterCA": locked["certificateAuthority"],
        "ServiceCIDR": locked["serviceCidr"],
    }
    assert {key: given.get(key) for key in wanted} == wanted
