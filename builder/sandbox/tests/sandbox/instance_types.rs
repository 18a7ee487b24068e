//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use crate::support::Server;
use nodemint_sandbox::Options;
use nodemint_sandbox::seed::Seed;

fn names(body: &str) -> Vec<&str> {
    let after = body.split("<instanceType>").skip(1);
    after.filter_map(|rest| rest.split('<').next()).collect()
}

#[test]
fn a_type_is_described_as_ec2_does() {
    let server = Server::start(Options::default());
    let rows: [(&str, &[&str]); 9] = [
        (
            "m5.large",
            &[
                "<supportedArchitectures><item>x86_64</item></supportedArchitectures>",
                "<supportedBootModes><item>legacy-bios</item><item>uefi</item></supportedBootModes>",
                "<hypervisor>nitro</hypervisor>",
                "<sizeInMiB>8192</sizeInMiB>",
                "<instanceStorageSupported>false</instanceStorageSupported>",
                "<maximumNetworkInterfaces>3</maximumNetworkInterfaces>",
            ],
        ),
        (
            "m5.metal",
            &[
                "<bareMetal>true</bareMetal>",
                "<supportedBootModes><item>legacy-bios</item></supportedBootModes>",
            ],
        ),
        (
            "m7g.large",
            &[
                "<item>arm64</item>",
                "<supportedBootModes><item>uefi</item></supportedBootModes>",
            ],
        ),
        (
            "t2.small",
            &[
                "<item>i386</item><item>x86_64</item>",
                "<hypervisor>xen</hypervisor>",
                "<supportedBootModes><item>legacy-bios</item></supportedBootModes>",
            ],
        ),
        (
            "m3.large",
            &[
                "<currentGeneration>false</currentGeneration>",
                "<item>hvm</item><item>paravirtual</item>",
                "<item>ebs</item><item>instance-store</item>",
            ],
        ),
        (
            "g4dn.12xlarge",
            &[
                "<name>T4</name>",
                "<count>4</count>",
                "<manufacturer>NVIDIA</manufacturer>",
                "<totalGpuMemoryInMiB>65536</totalGpuMemoryInMiB>",
                "<totalSizeInGB>900</totalSizeInGB>",
            ],
        ),
        (
            "p4d.24xlarge",
            &["<supportedBootModes><item>legacy-bios</item></supportedBootModes>"],
        ),
        (
            "inf1.6xlarge",
            &[
                "<neuronInfo>",
                "<inferenceAcceleratorInfo>",
                "<totalInferenceMemoryInMiB>32768</totalInferenceMemoryInMiB>",
            ],
        ),
        ("trn1.2xlarge", &["<neuronInfo>", "<name>Trainium</name>"]),
    ];
    for (name, parts) in rows {
        let shown = server.ec2(&format!(
            "Action=DescribeInstanceTypes&InstanceType.1={name}"
        ));
        assert_eq!(names(&shown.body), [name]);
        for part in parts {
            assert!(
                shown.body.contains(part),
                "{name}: {part} in {}",
                shown.body
            );
        }
        let has_gpu = shown.body.contains("<gpuInfo>");
        assert_eq!(
            has_gpu,
            name.starts_with('g') || name.starts_with('p'),
            "{name}"
        );
    }
}

#[test]
fn types_are_filtered() {
    let server = Server::start(Options::default());
    for (filters, includes, excludes) in [
        (
            &[("instance-type", "m5.?large")][..],
            "m5.xlarge",
            "m5.large",
        ),
        (
            &[("processor-info.supported-architecture", "arm64")],
            "m7g.large",
            "m5.large",
        ),
        (
            &[("processor-info.supported-architecture", "i386")],
            "t2.small",
            "m4.large",
        ),
        (
            &[("supported-boot-mode", "uefi")],
            "m5.large",
            "p4d.24xlarge",
        ),
        (&[("current-generation", "false")], "m3.large", "m5.large"),
        (&[("hypervisor", "xen")], "m4.large", "m5.metal"),
        (&[("bare-metal", "true")], "m5.metal", "m5.large"),
        (
            &[("supported-virtualization-type", "paravirtual")],
            "m3.large",
            "m4.large",
        ),
        (
            &[("instance-storage-supported", "true")],
            "g5.xlarge",
            "m5.large",
        ),
        (
            &[
                ("vcpu-info.default-vcpus", "2"),
                ("memory-info.size-in-mib", "8192"),
            ],
            "m5.large",
            "c5.large",
        ),
    ] {
        let query: String = (1..)
            .zip(filters)
            .map(|(i, (name, value))| format!("&Filter.{i}.Name={name}&Filter.{i}.Value.1={value}"))
            .collect();
        let shown = server.ec2(&format!("Action=DescribeInstanceTypes{query}"));
        let found = names(&shown.body);
        assert!(found.contains(&includes), "{filters:?} {found:?}");
        assert!(!found.contains(&excludes), "{filters:?} {found:?}");
    }
}

#[test]
fn what_ec2_refuses_is_refused() {
    let server = Server::start(Options::default());
    for (parameters, code, text) in [
        (
            "InstanceType.1=m5.large&InstanceType.2=z1.huge&InstanceType.3=z2.huge",
            "InvalidInstanceType",
            "The following supplied instance types do not exist: [z1.huge, z2.huge]",
        ),
        (
            "InstanceType.1=m5.large&MaxResults=10",
            "InvalidParameterCombination",
            "maxResults",
        ),
        ("MaxResults=4", "InvalidParameterValue", "between 5 and 100"),
        (
            "MaxResults=101",
            "InvalidParameterValue",
            "between 5 and 100",
        ),
        (
            "Filter.1.Name=colour&Filter.1.Value.1=red",
            "InvalidParameterValue",
            "'colour'",
        ),
        (
            "Filter.1.Name=ebs-info.nvme-support&Filter.1.Value.1=required",
            "UnsupportedOperation",
            "not supported by the nodemint sandbox",
        ),
    ] {
        let refused = server.ec2(&format!("Action=DescribeInstanceTypes&{parameters}"));
        assert_eq!(refused.element("Code"), Some(code), "{parameters}");
        let message = refused.element("Message").unwrap_or_default();
        assert!(
            message.replace("&apos;", "'").contains(text),
            "{parameters}: {message}"
        );
    }
}

#[test]
fn pages_hold_every_type_once() {
    let server = Server::start(Options::default());
    let all = server.ec2("Action=DescribeInstanceTypes");
    let mut seen: Vec<String> = Vec::new();
    let mut token = String::new();
    loop {
        let page = server.ec2(&format!("Action=DescribeInstanceTypes&MaxResults=7{token}"));
        let found = names(&page.body);
        assert!(found.len() <= 7);
        seen.extend(found.into_iter().map(str::to_owned));
        match page.element("nextToken") {
            Some(next) => token = format!("&NextToken={next}"),
            None => break,
        }
    }
    assert_eq!(seen, names(&all.body));
}

#[test]
fn offerings_are_by_region_zone_and_zone_id() {
    let server = Server::start(Options::default());
    let ask = |region: &str, kind: &str, name: &str| {
        let body = format!(
            "Action=DescribeInstanceTypeOfferings&LocationType={kind}&Filter.1.Name=instance-type\
             &Filter.1.Value.1={name}&Version=2016-11-15"
        );
        let shown = server.form("ec2", region, &body).body;
        let after = shown.split("<location>").skip(1);
        let places = after.filter_map(|rest| rest.split('<').next());
        places.map(str::to_owned).collect::<Vec<_>>()
    };
    for (region, kind, name, expected) in [
        ("us-east-1", "region", "inf1.xlarge", &["us-east-1"][..]),
        (
            "us-east-1",
            "availability-zone",
            "inf1.xlarge",
            &["us-east-1a", "us-east-1c"],
        ),
        (
            "us-east-1",
            "availability-zone-id",
            "inf1.xlarge",
            &["use1-az1", "use1-az3"],
        ),
        (
            "us-east-1",
            "availability-zone",
            "p5.48xlarge",
            &["us-east-1c"],
        ),
        ("eu-west-1", "region", "p5.48xlarge", &[]),
        ("eu-west-1", "availability-zone", "p5.48xlarge", &[]),
    ] {
        assert_eq!(ask(region, kind, name), expected, "{region} {kind} {name}");
    }
    // what a region does not offer does not exist there
    let body = "Action=DescribeInstanceTypes&InstanceType.1=p5.48xlarge&Version=2016-11-15";
    for (region, status) in [("us-east-1", 200), ("eu-west-1", 400)] {
        assert_eq!(server.form("ec2", region, body).status, status, "{region}");
    }
}

#[test]
fn a_zone_is_asked_for_by_its_name_or_its_id() {
    let server = Server::start(Options::default());
    for (parameter, expected) in [
        ("ZoneName.1=us-east-1b", Ok("use1-az2")),
        ("ZoneId.1=use1-az2", Ok("use1-az2")),
        (
            "Filter.1.Name=zone-id&Filter.1.Value.1=use1-az2",
            Ok("use1-az2"),
        ),
        ("ZoneName.1=use1-az2", Err("InvalidParameterValue")),
        ("ZoneId.1=us-east-1b", Err("InvalidParameterValue")),
    ] {
        let answer = server.ec2(&format!("Action=DescribeAvailabilityZones&{parameter}"));
        let refused = answer.element("Code");
        let found = refused.map_or(Ok(answer.element("zoneId")), Err);
        assert_eq!(found, expected.map(Some), "{parameter}");
    }
}

#[test]
fn a_place_without_a_type_must_be_somewhere() {
    let text = Seed::builtin_text().replacen("notIn: [us-east-1b]", "notIn: [us-east-1x]", 1);
    let error = Seed::parse(&text).expect_err("no such zone").to_string();
    assert!(
        error.contains("notIn[0]: no region and no zone us-east-1x"),
        "{error}"
    );
}
