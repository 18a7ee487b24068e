use std::time::Duration;

use governor::clock::FakeRelativeClock;

use super::{Limits, Service};

/// How many tokens an operation gets at once.
fn at_once(limits: &Limits<FakeRelativeClock>, service: Service, operation: &str) -> usize {
    (0..1000)
        .take_while(|_| limits.take(service, operation).is_ok())
        .count()
}

#[test]
fn each_quota_has_its_burst_and_its_rate() {
    // (service, operation, at the start, after ten seconds' rest)
    let rows = [
        (Service::Ssm, "AmazonSSM.GetParameters", 2, 2),
        (Service::Ec2, "DescribeImages", 80, 80),
        (Service::Ec2, "CreateLaunchTemplateVersion", 40, 40),
        (Service::Eks, "GET /clusters/one", 50, 50),
        (Service::Sts, "GetCallerIdentity", 100, 100),
    ];
    for (service, operation, burst, later) in rows {
        let clock = FakeRelativeClock::default();
        let limits = Limits::new(true, &clock);
        assert_eq!(at_once(&limits, service, operation), burst, "{operation}");
        clock.advance(Duration::from_secs(10));
        assert_eq!(at_once(&limits, service, operation), later, "{operation}");
    }
}

#[test]
fn parameter_reads_never_pass_forty_in_a_second() {
    let clock = FakeRelativeClock::default();
    let limits = Limits::new(true, &clock);
    let mut now = Duration::ZERO;
    let mut calls = Vec::new();
    while calls.len() < 400 {
        match limits.take(Service::Ssm, "AmazonSSM.GetParameters") {
            Ok(()) => calls.push(now),
            Err(wait) => {
                clock.advance(wait);
                now += wait;
            }
        }
    }
    for (first, start) in calls.iter().enumerate() {
        let within = calls[first..]
            .iter()
            .filter(|at| **at < *start + Duration::from_secs(1))
            .count();
        assert!(within <= 40, "{within} from {start:?}");
    }
    // 400 calls at 40 a second are ten seconds; a tenth more is what it may cost.
    assert!(now <= Duration::from_secs(11), "{now:?}");
}

#[test]
fn what_has_a_quota_of_its_own_does_not_wait_for_another() {
    let clock = FakeRelativeClock::default();
    let limits = Limits::new(true, &clock);
    assert_eq!(at_once(&limits, Service::Ec2, "DescribeImages"), 80);
    // (service, operation, whether it is free)
    let rows = [
        (Service::Ec2, "DescribeImages", false),
        (Service::Ec2, "DescribeSubnets", true),
        (Service::Ec2, "CreateLaunchTemplate", true),
        (Service::Eks, "GET /clusters/one", true),
    ];
    for (service, operation, free) in rows {
        assert_eq!(limits.take(service, operation).is_ok(), free, "{operation}");
    }
}

#[test]
fn parameter_reads_share_a_bucket() {
    let limits = Limits::new(true, &FakeRelativeClock::default());
    assert!(limits.take(Service::Ssm, "AmazonSSM.GetParameters").is_ok());
    assert!(limits.take(Service::Ssm, "AmazonSSM.GetParameter").is_ok());
    assert!(
        limits
            .take(Service::Ssm, "AmazonSSM.GetParametersByPath")
            .is_err()
    );
}

#[test]
fn virtual_time_has_no_pace_of_polls() {
    let limits = Limits::new(false, &FakeRelativeClock::default());
    assert_eq!(at_once(&limits, Service::Ec2, "DescribeInstances"), 1000);
    assert_eq!(at_once(&limits, Service::Eks, "GET /clusters/one"), 1000);
    assert_eq!(at_once(&limits, Service::Ssm, "AmazonSSM.GetParameters"), 2);
}
