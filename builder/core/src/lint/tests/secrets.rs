//! Secrets, and what only sounds like one. `·` is taken out of each text, so that no scanner of repositories
//! finds a secret here that is none.

use super::*;

const SECRETS: &[&str] = &[
    "export AWS_ACCESS_KEY_ID=AK·IAQ3EGRZ7PXW2LM4TN",
    "aws configure set aws_access_key_id AS·IAQ3EGRZ7PXW2LM4TN",
    "AWS_SECRET_ACCESS_KEY=q7Zt+3mVbX/9LpRk·2WcYhNfJ8sGdA5eU1oTi4xQ0",
    "# old key: AK·IAQ3EGRZ7PXW2LM4TN",
    "cat <<EOF > /k\n-----BEGIN RSA PRIVATE ·KEY-----\nMIIEowIBAAKCAQEA7bq3xYk1\nEOF",
    "echo \"-----BEGIN PRIVATE ·KEY-----\\nMIIEvgIBADANBgkqhkiG9w0B\" > /k",
    "echo LS0tLS1CRUdJTiBSU0Eg·UFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVBN2Jx | base64 -d",
    "git clone https://x-access-token:gh·p_a8Kd93jfL2mXqPz7Vb4NcR6tYwE1sH5uG0iJ@github.com/a/b",
    "TOKEN=gh·p_a8Kd93jfL2mXqPz7Vb4NcR6tYwE1sH5uG0iJ",
    "curl -H 'PRIVATE-TOKEN: gl·pat-a8Kd93jfL2mXqPz7Vb4N' https://gitlab.example.com/api",
    "SLACK=xo·xb-123456789012-abcdefGHIJKL",
    "curl -d x https://hooks.slack.com/services/T·0000/B0000/abcdefghijklmnop",
    "curl -H 'Authorization: Bearer a8Kd93jfL2·mXqPz7Vb4NcR6t' https://example.com",
    "curl -H \"Authorization: Basic dXNlcjpodW5·0ZXIy\" https://example.com",
    "yum-config-manager --add-repo https://deploy:S3cr3tS3cr3t·@repo.example.com/x.repo",
    "DB_PASSWORD='Tr0ub4dor&3·xY'",
    "mysql --password Tr0ub4dor3xYz·Q9 -u root",
    "echo '{\"password\": \"x7Kp2Lm9Qw·3z\"}' > /etc/app.json",
    "api_key: 9f86d081884c7d659a2f·eaa0c55ad015",
    "    client-key-data: TUlJRW93SUJBQUtDQVFFQTdicTN4WWsx·VVpRbE5rV0E5cGZ0",
    "printf '%s' '{\"auths\": {\"r.example.com\": {\"auth\": \"ZGVwbG95OkV4·QW1wTGUxMjM0NTY3\"}}}'",
    "jwt=ey·JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
];

const INNOCENT: &[&str] = &[
    "export AWS_ACCESS_KEY_ID=AK·IAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_ACCESS_KEY_ID=$(jq -r .AccessKeyId /tmp/c)",
    "export AWS_SECRET_ACCESS_KEY=\"$SECRET\"",
    "PASSWORD=$(aws secretsmanager get-secret-value --secret-id prod/db2024/Main --query SecretString)",
    "TOKEN=$(curl -sX PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600')",
    "curl -H \"X-aws-ec2-metadata-token: $TOKEN\" http://169.254.169.254/latest/meta-data/",
    "curl -H \"Authorization: Bearer ${TOKEN}\" https://example.com",
    "SECRET_ARN=arn:aws:secretsmanager:us-east-1:111122223333:secret:Prod/Db2-AbCdEf",
    "SECRET_NAME=Prod/Database2024-Main",
    "grep -q -- '-----BEGIN RSA PRIVATE KEY-----' /etc/ssl/key.pem",
    "cat <<EOF > /ca\n-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA7bq3xYk1\nEOF",
    "echo LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM1ekNDQWMrZ0F3SUJBZ0lCQURBTkJna3Foa2lHOXcw",
    "curl https://user@example.com/a https://example.com:8443/a@b",
    "curl \"https://$USER:$PASSWORD@example.com\"",
    "curl https://user:password@example.com",
    "PASSWORD=changeme",
    "password=\"\"",
    "DB_PASSWORD={{password}}",
    "token=<your-token-goes-here-12AB>",
    "sed -i s/PasswordAuthentication=yes/PasswordAuthentication=no/ /etc/ssh/sshd_config",
    "echo ${TOKEN:-Default1234567890abcdef}",
    "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "SESSION_TOKEN_EXPIRATION=2026-10-14T00:00:00Z",
    "kubectl create secret generic db --from-file=password=/run/Db2024/Password",
    "IMAGE=AKIA-compatible; TASK=MASIAB",
    "chpasswd < /run/users",
    "token_path=/var/run/Secrets/Token2024Abc",
    "basic authentication is off",
    "KEY=eyJhbGciOi",
];

fn of(text: &str) -> Vec<String> {
    of_script(&setting(AL2, false), &text.replace('·', ""))
}

#[test]
fn secrets() {
    for text in SECRETS {
        let found: Vec<String> = of(text)
            .into_iter()
            .filter(|one| one.starts_with("secret"))
            .collect();
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(has_secret(&text.replace('·', "")), "{text}");
    }
}

#[test]
fn what_only_sounds_like_one() {
    for text in INNOCENT {
        let found: Vec<String> = of(text)
            .into_iter()
            .filter(|one| one.starts_with("secret"))
            .collect();
        assert_eq!(found, [""; 0], "{text}");
        assert!(!has_secret(&text.replace('·', "")), "{text}");
    }
}

#[test]
fn each_line_is_told_once_and_by_its_number() {
    let script = "\nA=AK·IAQ3EGRZ7PXW2LM4TN B=AK·IAQ3EGRZ7PXW2LM4TA\n\nC=AK·IAQ3EGRZ7PXW2LM4TB\n";
    assert_eq!(of(script), ["secret 3", "secret 5"]);
}

#[test]
fn in_every_kind_of_part() {
    let line = "password: x7Kp2Lm9Qw3z";
    let settings = "[settings.a]\npassword = \"x7Kp2Lm9Qw3z\"\n";
    assert_eq!(
        told(
            &setting(Reader::Bottlerocket, false),
            &[part(TOML, settings)]
        ),
        ["secret 2"]
    );
    assert_eq!(
        of_powershell(false, "$Password = 'x7Kp2Lm9Qw3z'\n"),
        ["secret 1"]
    );
    let config = format!("#cloud-config\n{line}\n");
    assert_eq!(
        told(&setting(AL2, false), &[part("text/cloud-config", &config)]),
        ["secret 2"]
    );
    let python = format!("#!/usr/bin/python3\n# {line}\n");
    assert_eq!(
        told(&setting(AL2, false), &[part(SHELL, &python)]),
        ["secret 2"]
    );
}
