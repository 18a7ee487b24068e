//! The server around the world: time, faults, the call log, what is saved when, and that nothing ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::Server;
use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{
    CallRecord, Fault, FaultKind, Options, Sandbox, SandboxError, Service, Time,
};

const CREATE: &str = "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.large\
                      &LaunchTemplateData.UserData=c2VjcmV0&ClientToken=t";

fn fault(operation: &str, nth: u64, kind: FaultKind) -> Fault {
    Fault {
        service: Service::Ec2,
        operation: operation.to_owned(),
        nth,
        kind,
    }
}

#[test]
fn the_nth_call_goes_wrong_and_the_others_do_not() {
    let faults = vec![
        fault("DescribeRegions", 1, FaultKind::Throttle),
        fault("DescribeRegions", 3, FaultKind::Error5xx),
        fault("DescribeRegions", 4, FaultKind::AccessDenied),
    ];
    let server = Server::start(Options {
        faults,
        ..Options::default()
    });
    let outcomes: Vec<_> = (0..5)
        .map(|_| server.ec2("Action=DescribeRegions"))
        .collect();
    let codes: Vec<_> = outcomes
        .iter()
        .map(|response| (response.status, response.element("Code")))
        .collect();
    let expected = [
        (503, Some("RequestLimitExceeded")),
        (200, None),
        (503, Some("ServiceUnavailable")),
        (403, Some("UnauthorizedOperation")),
        (200, None),
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_lost_reply_has_had_its_effect() {
    let faults = vec![fault("CreateLaunchTemplate", 1, FaultKind::LostReply)];
    let server = Server::start(Options {
        faults,
        ..Options::default()
    });
    let authorization = "authorization: AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/ec2/aws4_request, Signature=0\r\n";
    let body = format!("{CREATE}&Version=2016-11-15");
    assert_eq!(
        server.raw("POST / ", authorization, &body),
        None,
        "the connection breaks off"
    );
    let shown = server.ec2("Action=DescribeLaunchTemplates");
    assert_eq!(shown.element("launchTemplateName"), Some("demo"));
    let again = server.ec2(CREATE);
    assert_eq!(
        again.element("launchTemplateId"),
        shown.element("launchTemplateId"),
        "the token finds the effect"
    );
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the file is what is tested")]
fn the_call_log_tells_calls_and_no_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("calls.jsonl");
    let server = Server::start(Options {
        call_log: Some(path.clone()),
        ..Options::default()
    });
    server.ec2(CREATE);
    server.ec2("Action=DescribeImages&ImageId.1=ami-x");
    server.ssm("GetParameter", "{\"Name\": \"none\"}");
    server.raw("GET /clusters ", "", "").expect("an answer");
    server.ec2("Action=RunInstances");
    server.ec2("Action=c2VjcmV0");
    server.ssm("c2VjcmV0", "{}");
    let text = std::fs::read_to_string(&path).expect("a log");
    let records: Vec<CallRecord> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    let told: Vec<_> = records
        .iter()
        .map(|it| {
            (
                it.service.as_str(),
                it.operation.as_str(),
                it.writes,
                it.outcome.as_str(),
                it.status,
            )
        })
        .collect();
    let expected = [
        ("ec2", "CreateLaunchTemplate", true, "ok", 200),
        (
            "ec2",
            "DescribeImages",
            false,
            "InvalidAMIID.Malformed",
            400,
        ),
        ("ssm", "GetParameter", false, "ParameterNotFound", 400),
        ("eks", "", false, "MissingAuthenticationTokenException", 403),
        ("ec2", "RunInstances", true, "InvalidAction", 400),
        ("ec2", "", false, "InvalidAction", 400),
        ("ssm", "", false, "UnknownOperationException", 400),
    ];
    assert_eq!(told, expected);
    assert_eq!(records, server.sandbox.calls());
    assert!(
        !text.contains("c2VjcmV0") && !text.contains("demo"),
        "{text}"
    );
}

#[test]
fn a_change_is_saved_before_it_is_answered_and_reading_saves_nothing() {
    let saved = Arc::new(AtomicUsize::new(0));
    let count = saved.clone();
    let on_change = Box::new(move |world: &World| {
        let templates = world
            .region("111122223333", "us-east-1")
            .map_or(0, |region| region.launch_templates.len());
        assert_eq!(templates, 1, "what is saved holds the change");
        count.fetch_add(1, Ordering::SeqCst);
    });
    let server = Server::start(Options {
        on_change: Some(on_change),
        ..Options::default()
    });
    server.ec2("Action=DescribeLaunchTemplates");
    assert_eq!(saved.load(Ordering::SeqCst), 0);
    assert_eq!(server.ec2(CREATE).status, 200);
    assert_eq!(saved.load(Ordering::SeqCst), 1);
    server.ec2("Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.KeyName=k");
    assert_eq!(
        saved.load(Ordering::SeqCst),
        1,
        "a refused call changes nothing"
    );
}

#[test]
fn a_panic_is_a_500_and_the_server_goes_on() {
    let on_change = Box::new(|_: &World| panic!("on purpose"));
    let server = Server::start(Options {
        on_change: Some(on_change),
        ..Options::default()
    });
    let failed = server.ec2(CREATE);
    assert_eq!(
        (failed.status, failed.element("Code")),
        (500, Some("InternalFailure"))
    );
    assert_eq!(server.ec2("Action=DescribeRegions").status, 200);
}

#[test]
fn manual_time_stands_still_until_it_is_moved() {
    let server = Server::start(Options::default());
    let start = server.sandbox.now();
    server.ec2("Action=DescribeRegions");
    assert_eq!(server.sandbox.now(), start);
    server.sandbox.advance(Duration::from_secs(90));
    assert_eq!(server.sandbox.now().as_second() - start.as_second(), 90);
}

#[test]
fn a_call_can_take_time() {
    let server = Server::start(Options {
        call_duration: Duration::from_secs(2),
        ..Options::default()
    });
    let start = server.sandbox.now();
    for _ in 0..3 {
        server.ec2("Action=DescribeRegions");
    }
    assert_eq!(server.sandbox.now().as_second() - start.as_second(), 6);
}

#[test]
fn flowing_time_goes_on_and_can_be_moved() {
    // a year a second: any time that passes shows
    let server = Server::start(Options {
        time: Time::Flowing {
            speed: 31_557_600.0,
        },
        ..Options::default()
    });
    let first = server.sandbox.now();
    server.ec2("Action=DescribeRegions");
    let second = server.sandbox.now();
    assert!(second > first);
    server
        .sandbox
        .advance(Duration::from_secs(1000 * 31_557_600));
    let passed = server.sandbox.now().as_second() - second.as_second();
    assert!(passed >= 1000 * 31_557_600, "{passed}");
    let world = World::from_seed(&Seed::builtin());
    let stopped = Sandbox::new(
        world,
        Options {
            time: Time::Flowing { speed: 0.0 },
            ..Options::default()
        },
    );
    assert!(matches!(stopped, Err(SandboxError::Speed)));
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    let calls = [
        CREATE,
        "Action=DescribeLaunchTemplateVersions&LaunchTemplateName=demo",
        "Action=DescribeImages",
        "Action=Nope",
    ];
    let run = || {
        let server = Server::start(Options::default());
        let bodies: Vec<String> = calls.iter().map(|call| server.ec2(call).body).collect();
        (bodies, server.sandbox.world())
    };
    assert_eq!(run(), run());
}
