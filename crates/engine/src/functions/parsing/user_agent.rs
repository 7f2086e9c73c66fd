//! What sent a request, by the text in which it introduces itself: for `parse_user_agent`.
//!
//! In: a user agent. Out: the family and version of the program, of its system, and the device. Kusto
//! looks through the thousands of patterns of a public collection; here are the programs, systems and
//! devices that calls to AWS come from, under the names that the collection gives them, and `Other` for
//! the rest. Every table is looked through in order, since browsers name those that they resemble.

/// A family, and its version cut at the dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub family: String,
    pub version: [String; 4],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub family: String,
    pub brand: String,
    pub model: String,
}

/// What stands before the version, and the family. A family of `` is what stands there itself.
const PROGRAMS: &[(&str, &str)] = &[
    ("Terraform/", ""),
    ("aws-cli/", ""),
    ("Boto3/", ""),
    ("Botocore/", ""),
    ("Boto/", ""),
    ("curl/", ""),
    ("Wget/", ""),
    ("python-requests/", "Python Requests"),
    ("Python-urllib/", ""),
    ("aiohttp/", ""),
    ("Go-http-client/", ""),
    ("okhttp/", ""),
    ("Apache-HttpClient/", ""),
    ("PostmanRuntime/", ""),
    ("AdobeAIR/", ""),
    ("Googlebot/", ""),
    ("bingbot/", ""),
    ("EdgiOS/", "Edge Mobile"),
    ("EdgA/", "Edge Mobile"),
    ("Edg/", "Edge"),
    ("Edge/", ""),
    ("OPR/", "Opera"),
    ("Opera Mini/", ""),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", ""),
    ("UCBrowser/", "UC Browser"),
    ("CriOS/", "Chrome Mobile iOS"),
    ("FxiOS/", "Firefox iOS"),
    ("HeadlessChrome/", ""),
    ("Electron/", ""),
    ("Series60/", "Nokia OSS Browser"),
    ("MSIE ", "IE"),
];

/// Versions of Windows by those of its kernel.
const WINDOWS: [(&str, &str); 7] = [
    ("10.0", "10"),
    ("6.3", "8.1"),
    ("6.2", "8"),
    ("6.1", "7"),
    ("6.0", "Vista"),
    ("5.2", "XP"),
    ("5.1", "XP"),
];

const BOTS: [&str; 4] = ["Googlebot", "bingbot", "Bot/", "spider"];

pub fn program(agent: &str) -> Product {
    let named = PROGRAMS.iter().find_map(|(before, family)| {
        let family = match *family {
            "" => before.trim_end_matches('/'),
            family => family,
        };
        product(agent, before, family)
    });
    named
        .or_else(|| sdk(agent))
        .or_else(|| browser(agent))
        .unwrap_or_else(other)
}

/// `aws-sdk-go/1.44.0`, `aws-sdk-java/2.20`.
fn sdk(agent: &str) -> Option<Product> {
    let start = agent.find("aws-sdk-")?;
    let name = agent[start..].split(['/', ' ']).next()?;
    product(&agent[start..], &format!("{name}/"), name)
}

/// The browsers that say little but what they are akin to.
fn browser(agent: &str) -> Option<Product> {
    let mobile = agent.contains("Mobile");
    let firefox = match mobile {
        true => "Firefox Mobile",
        false => "Firefox",
    };
    let chrome = match agent.contains("Android") {
        true if agent.contains("; wv)") => "Chrome Mobile WebView",
        true if mobile => "Chrome Mobile",
        _ => "Chrome",
    };
    let safari = match mobile {
        true => "Mobile Safari",
        false => "Safari",
    };
    let explorer = || product(agent.split_once("Trident/")?.1, "rv:", "IE");
    product(agent, "Firefox/", firefox)
        .or_else(|| product(agent, "Chrome/", chrome))
        .or_else(explorer)
        .or_else(|| {
            let is_safari = agent.contains("Safari/");
            product(agent, "Version/", safari).filter(|_| is_safari)
        })
}

pub fn system(agent: &str) -> Product {
    let windows = || {
        let found = product(agent, "Windows NT ", "Windows")?;
        let kernel = format!("{}.{}", found.version[0], found.version[1]);
        let known = WINDOWS.iter().find(|(version, _)| *version == kernel);
        Some(match known {
            Some((_, name)) => Product {
                version: cut(name),
                ..found
            },
            None => found,
        })
    };
    windows()
        .or_else(|| unversioned(agent, "Windows", "Windows"))
        .or_else(|| product(agent, "iPhone OS ", "iOS"))
        .or_else(|| product(agent, "CPU OS ", "iOS"))
        .or_else(|| product(agent, "Mac OS X ", "Mac OS X"))
        .or_else(|| unversioned(agent, "Darwin/", "Mac OS X"))
        .or_else(|| product(agent, "Android ", "Android"))
        .or_else(|| product(agent, "SymbianOS/", "Symbian OS"))
        .or_else(|| unversioned(agent, "CrOS ", "Chrome OS"))
        .or_else(|| product(agent, "Ubuntu/", "Ubuntu"))
        .or_else(|| unversioned(agent, "Ubuntu", "Ubuntu"))
        .or_else(|| product(agent, "Linux/", "Linux"))
        .or_else(|| unversioned(agent, "Linux", "Linux"))
        .or_else(|| unversioned(agent, "linux", "Linux"))
        .unwrap_or_else(other)
}

pub fn device(agent: &str) -> Device {
    let of = |family: &str, brand: &str, model: &str| Device {
        family: family.to_owned(),
        brand: brand.to_owned(),
        model: model.to_owned(),
    };
    if BOTS.iter().any(|bot| agent.contains(bot)) {
        return of("Spider", "Spider", "Desktop");
    }
    for apple in ["iPhone", "iPad", "iPod"] {
        if agent.contains(apple) {
            return of(apple, "Apple", apple);
        }
    }
    if agent.contains("Macintosh") {
        return of("Mac", "Apple", "Mac");
    }
    if let Some(model) = after(agent, "Nokia").filter(|model| !model.is_empty()) {
        return of(&format!("Nokia {model}"), "Nokia", model);
    }
    match android_model(agent) {
        Some(model) if model.starts_with("SM-") => {
            of(&format!("Samsung {model}"), "Samsung", model)
        }
        Some(model) if model.starts_with("Pixel") => of(model, "Google", model),
        Some(model) => of(model, "Generic_Android", model),
        None => of("Other", "", ""),
    }
}

/// `(Linux; Android 13; Pixel 7 Build/…)`, `(Linux; Android 10; K)`.
fn android_model(agent: &str) -> Option<&str> {
    let (_, rest) = agent.split_once("Android ")?;
    let (_, rest) = rest.split_once("; ")?;
    let end = rest.find([';', ')']).unwrap_or(rest.len());
    let model = rest[..end].split(" Build/").next()?.trim();
    (!model.is_empty()).then_some(model)
}

/// What stands before a slash, behind some text.
fn after<'a>(agent: &'a str, text: &str) -> Option<&'a str> {
    let (_, rest) = agent.split_once(text)?;
    let end = rest.find(['/', ' ', ';', ')']).unwrap_or(rest.len());
    Some(&rest[..end])
}

fn product(agent: &str, before: &str, family: &str) -> Option<Product> {
    let (_, rest) = agent.split_once(before)?;
    let rest = rest.trim_start_matches('v');
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
    let version = &rest[..end.unwrap_or(rest.len())];
    (!version.is_empty()).then(|| Product {
        family: family.to_owned(),
        version: cut(version),
    })
}

fn unversioned(agent: &str, text: &str, family: &str) -> Option<Product> {
    agent.contains(text).then(|| Product {
        family: family.to_owned(),
        version: Default::default(),
    })
}

fn other() -> Product {
    Product {
        family: "Other".to_owned(),
        version: Default::default(),
    }
}

fn cut(version: &str) -> [String; 4] {
    let mut parts = version.split(['.', '_']);
    [(); 4].map(|()| parts.next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(agent: &str, expected: &str) {
        let said = |product: Product| {
            let version = product.version.join(".");
            format!("{} {}", product.family, version.trim_end_matches('.'))
        };
        let device = device(agent);
        let found = format!(
            "{} | {} | {} {} {}",
            said(program(agent)),
            said(system(agent)),
            device.family,
            device.brand,
            device.model
        );
        assert_eq!(found.trim_end(), expected, "{agent}");
    }

    #[test]
    fn agents() {
        for (agent, expected) in [
            (
                "aws-cli/2.13.5 Python/3.11.4 Linux/5.10.0 exe/x86_64 prompt/off command/s3.ls",
                "aws-cli 2.13.5 | Linux 5.10.0 | Other",
            ),
            (
                "Boto3/1.26.90 Python/3.10.6 Darwin/22.6.0 Botocore/1.29.90",
                "Boto3 1.26.90 | Mac OS X  | Other",
            ),
            (
                "aws-sdk-go/1.44.0 (go1.19; linux; amd64)",
                "aws-sdk-go 1.44.0 | Linux  | Other",
            ),
            (
                "APN/1.0 HashiCorp/1.0 Terraform/1.5.7 terraform-provider-aws/5.0.1",
                "Terraform 1.5.7 | Other  | Other",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.71 Safari/537.36 Edg/120.0.2210.61",
                "Edge 120.0.2210.61 | Windows 10 | Other",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
                "Safari 17.1 | Mac OS X 10.15.7 | Mac Apple Mac",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36",
                "Chrome Mobile 116.0.0.0 | Android 13 | Pixel 7 Google Pixel 7",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1",
                "Mobile Safari 16.5 | iOS 16.5 | iPhone Apple iPhone",
            ),
            ("signin.amazonaws.com", "Other  | Other  | Other"),
            ("curl/", "Other  | Other  | Other"),
            ("", "Other  | Other  | Other"),
        ] {
            check(agent, expected);
        }
    }
}
