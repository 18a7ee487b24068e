//! Images, instance types and their zones: what is asked, page by page.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::ami_source::ImageQuery;

use crate::sandbox::{image, start};
use crate::server::{Answer, Seen, Server};

const NO_IMAGES: Answer = (
    200,
    "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>",
);

fn expect_form(seen: &Seen, expected: &[(&str, &str)]) {
    let mut form = seen.form();
    form.sort();
    let mut expected: Vec<(String, String)> = expected
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    expected.sort();
    assert_eq!(form, expected);
}

/// How many values the filter of that name has.
fn values_of(seen: &Seen, filter: &str) -> usize {
    let form = seen.form();
    let named = form
        .iter()
        .find(|(key, value)| key.ends_with(".Name") && value == filter);
    let (key, _) = named.expect("the filter");
    let prefix = key.replace(".Name", ".Value.");
    form.iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .count()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("name-{n}")).collect()
}

#[tokio::test]
async fn a_search_is_one_request_with_all_that_it_asks() {
    let server = Server::start(&[NO_IMAGES]);
    let query = ImageQuery {
        owners: vec!["self".into(), "602401143452".into()],
        names: vec!["node-*".into(), "worker-?".into()],
        tags: BTreeMap::from([("role".into(), "node".into()), ("team".into(), "*".into())]),
        architecture: Some("arm64".into()),
    };
    let found = server.cloud().await.find_images(&query).await;
    assert_eq!(found, Ok(vec![]));
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    expect_form(
        &seen[0],
        &[
            ("Action", "DescribeImages"),
            ("Filter.1.Name", "state"),
            ("Filter.1.Value.1", "available"),
            ("Filter.2.Name", "architecture"),
            ("Filter.2.Value.1", "arm64"),
            ("Filter.3.Name", "tag:role"),
            ("Filter.3.Value.1", "node"),
            ("Filter.4.Name", "tag-key"),
            ("Filter.4.Value.1", "team"),
            ("Filter.5.Name", "name"),
            ("Filter.5.Value.1", "node-*"),
            ("Filter.5.Value.2", "worker-?"),
            ("IncludeDeprecated", "true"),
            ("MaxResults", "1000"),
            ("Owner.1", "self"),
            ("Owner.2", "602401143452"),
        ],
    );
}

#[tokio::test]
async fn a_search_of_nothing_asks_nothing() {
    let server = Server::start(&[NO_IMAGES]);
    let query = ImageQuery {
        architecture: Some("arm64".into()),
        ..ImageQuery::default()
    };
    let found = server.cloud().await.find_images(&query).await;
    assert_eq!(found, Ok(vec![]));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn pages_are_followed_even_when_one_is_empty() {
    let server = Server::start(&[
        (
            200,
            "<DescribeImagesResponse><imagesSet/><nextToken>t1</nextToken></DescribeImagesResponse>",
        ),
        (
            200,
            "<DescribeImagesResponse><imagesSet><item><imageId>ami-2</imageId><imageState>available</imageState>\
             <imageOwnerId>801119661308</imageOwnerId><imageOwnerAlias>amazon</imageOwnerAlias>\
             <architecture>x86_64</architecture><virtualizationType>hvm</virtualizationType>\
             <bootMode>uefi-preferred</bootMode><rootDeviceType>ebs</rootDeviceType></item></imagesSet>\
             <nextToken>t2</nextToken></DescribeImagesResponse>",
        ),
        (
            200,
            "<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId><imageState>available</imageState>\
             <architecture>arm64</architecture></item></imagesSet></DescribeImagesResponse>",
        ),
    ]);
    let query = ImageQuery {
        names: vec!["node-*".into()],
        ..ImageQuery::default()
    };
    let found = server.cloud().await.find_images(&query).await;
    let found = found.expect("images");
    let read: Vec<_> = found
        .iter()
        .map(|it| (it.id.as_str(), it.owner_alias.as_deref()))
        .collect();
    assert_eq!(read, [("ami-1", None), ("ami-2", Some("amazon"))]);
    let second = &found[1];
    assert_eq!(
        (
            second.virtualization.as_str(),
            second.boot_mode.as_deref(),
            second.root_device_type.as_deref()
        ),
        ("hvm", Some("uefi-preferred"), Some("ebs"))
    );
    let asked = [
        ("Action", "DescribeImages"),
        ("Filter.1.Name", "state"),
        ("Filter.1.Value.1", "available"),
        ("Filter.2.Name", "name"),
        ("Filter.2.Value.1", "node-*"),
        ("IncludeDeprecated", "true"),
        ("MaxResults", "1000"),
    ];
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    expect_form(&seen[0], &asked);
    for (seen, token) in seen[1..].iter().zip(["t1", "t2"]) {
        expect_form(seen, &[&asked[..], &[("NextToken", token)]].concat());
    }
}

#[tokio::test]
async fn no_call_has_more_values_than_a_request_takes() {
    // (names, values of the name filter in each call); the state takes one of two hundred
    for (count, calls) in [
        (199, vec![199]),
        (200, vec![199, 1]),
        (450, vec![199, 199, 52]),
    ] {
        let server = Server::start(&[NO_IMAGES]);
        let query = ImageQuery {
            owners: vec!["self".into()],
            names: names(count),
            ..ImageQuery::default()
        };
        let found = server.cloud().await.find_images(&query).await;
        assert_eq!(found, Ok(vec![]));
        let seen = server.seen();
        let sent: Vec<usize> = seen.iter().map(|it| values_of(it, "name")).collect();
        assert_eq!(sent, calls);
    }
    let server = Server::start(&[NO_IMAGES]);
    let found = server.cloud().await.images(&names(201)).await;
    assert_eq!(found, Ok(BTreeMap::new()));
    let seen = server.seen();
    let sent: Vec<usize> = seen.iter().map(|it| values_of(it, "image-id")).collect();
    assert_eq!(sent, [200, 1]);
}

#[tokio::test]
async fn instance_types_are_asked_in_hundreds_and_read() {
    let server = Server::start(&[
        (
            200,
            "<DescribeInstanceTypesResponse><instanceTypeSet><item><instanceType>g5.xlarge</instanceType>\
             <supportedVirtualizationTypes><item>hvm</item></supportedVirtualizationTypes>\
             <supportedBootModes><item>legacy-bios</item><item>uefi</item></supportedBootModes>\
             <processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo>\
             <gpuInfo><gpus><item><name>A10G</name><manufacturer>NVIDIA</manufacturer></item></gpus></gpuInfo>\
             </item></instanceTypeSet><nextToken>t1</nextToken></DescribeInstanceTypesResponse>",
        ),
        (
            200,
            // EC2's model names the items of this list, and of no other here, `member`.
            "<DescribeInstanceTypesResponse><instanceTypeSet><item><instanceType>inf1.xlarge</instanceType>\
             <inferenceAcceleratorInfo><accelerators><member><manufacturer>AWS</manufacturer></member>\
             </accelerators></inferenceAcceleratorInfo></item><item><instanceType>trn1.2xlarge</instanceType>\
             <neuronInfo><totalNeuronDeviceMemoryInMiB>32768</totalNeuronDeviceMemoryInMiB></neuronInfo></item>\
             </instanceTypeSet></DescribeInstanceTypesResponse>",
        ),
        (
            200,
            "<DescribeInstanceTypesResponse><instanceTypeSet/></DescribeInstanceTypesResponse>",
        ),
    ]);
    let found = server.cloud().await.instance_types(&names(101)).await;
    let found = found.expect("instance types");
    let gpu = &found["g5.xlarge"];
    assert_eq!(
        (&gpu.architectures, &gpu.virtualizations, &gpu.boot_modes),
        (
            &vec!["x86_64".to_owned()],
            &vec!["hvm".to_owned()],
            &vec!["legacy-bios".to_owned(), "uefi".to_owned()]
        )
    );
    assert_eq!(
        (&gpu.gpu_manufacturers, gpu.neuron),
        (&vec!["NVIDIA".to_owned()], false)
    );
    for name in ["inf1.xlarge", "trn1.2xlarge"] {
        assert!(found[name].neuron, "{name}");
    }
    let seen = server.seen();
    let sent: Vec<usize> = seen
        .iter()
        .map(|it| values_of(it, "instance-type"))
        .collect();
    assert_eq!(sent, [100, 100, 1]);
    expect_form(
        &seen[2],
        &[
            ("Action", "DescribeInstanceTypes"),
            ("Filter.1.Name", "instance-type"),
            ("Filter.1.Value.1", "name-100"),
            ("MaxResults", "100"),
        ],
    );
    assert!(seen[1].form().contains(&("NextToken".into(), "t1".into())));
}

#[tokio::test]
async fn zones_are_gathered_by_type_over_pages_and_calls() {
    let server = Server::start(&[
        (
            200,
            "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>\
             <item><instanceType>m5.large</instanceType><locationType>availability-zone</locationType>\
             <location>us-east-1b</location></item></instanceTypeOfferingSet><nextToken>t1</nextToken>\
             </DescribeInstanceTypeOfferingsResponse>",
        ),
        (
            200,
            "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>\
             <item><instanceType>m5.large</instanceType><locationType>availability-zone</locationType>\
             <location>us-east-1a</location></item></instanceTypeOfferingSet>\
             </DescribeInstanceTypeOfferingsResponse>",
        ),
        (
            200,
            "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet/>\
             </DescribeInstanceTypeOfferingsResponse>",
        ),
    ]);
    let found = server.cloud().await.offered_zones(&names(201)).await;
    let zones = BTreeSet::from(["us-east-1a".to_owned(), "us-east-1b".to_owned()]);
    assert_eq!(found, Ok(BTreeMap::from([("m5.large".to_owned(), zones)])));
    let seen = server.seen();
    let sent: Vec<usize> = seen
        .iter()
        .map(|it| values_of(it, "instance-type"))
        .collect();
    assert_eq!(sent, [200, 200, 1]);
    assert!(seen[1].form().contains(&("NextToken".into(), "t1".into())));
    expect_form(
        &seen[2],
        &[
            ("Action", "DescribeInstanceTypeOfferings"),
            ("Filter.1.Name", "instance-type"),
            ("Filter.1.Value.1", "name-200"),
            ("LocationType", "availability-zone"),
            ("MaxResults", "1000"),
        ],
    );
}

#[tokio::test]
async fn what_there_is_to_be_chosen() {
    let (sandbox, cloud) = start().await;
    let named = image(cloud.as_ref()).await;
    let query = ImageQuery {
        owners: vec!["amazon".into()],
        names: vec!["amazon-eks-node-al2023-x86_64-standard-1.34-*".into()],
        tags: BTreeMap::new(),
        architecture: Some("x86_64".into()),
    };
    let found = cloud.find_images(&query).await.expect("images");
    let one = found.iter().find(|it| it.id == named).expect("that one");
    assert_eq!(one.owner_alias.as_deref(), Some("amazon"));
    let others = ImageQuery {
        architecture: Some("arm64".into()),
        ..query
    };
    assert_eq!(cloud.find_images(&others).await, Ok(vec![]));

    let names = ["m5.large".to_owned(), "m5.nosuch".to_owned()];
    let types = cloud.instance_types(&names).await.expect("types");
    assert_eq!(types.keys().collect::<Vec<_>>(), ["m5.large"]);
    assert_eq!(types["m5.large"].architectures, ["x86_64"]);
    let zones = cloud.offered_zones(&names).await.expect("zones");
    assert_eq!(zones.keys().collect::<Vec<_>>(), ["m5.large"]);
    assert!(zones["m5.large"].contains("us-east-1a"), "{zones:?}");
    let refused: Vec<_> = sandbox
        .calls()
        .into_iter()
        .filter(|call| call.outcome != "ok")
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}
