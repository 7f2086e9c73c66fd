//! Logs that lie at AWS: objects of buckets, messages of queues, and what CloudTrail itself remembers.
//!
//! In: the profile, region and endpoint that the environment gives or the user named. Out: a session that lists,
//! fetches and receives, several things at a time. It blocks; the async runtime is in here. What is read is read only:
//! the one thing that is ever taken away is a message, when its owner says so.

mod failure;

mod listing;
mod fetching;
mod queue;
mod lookup;
mod digests;

use std::collections::HashMap;
use std::sync::Mutex;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_smithy_http_client::tls;
use tokio::runtime::Runtime;

use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::named::AwsOptions;

pub use digests::Bucketed;
pub use failure::Failure;
pub use listing::Listing;
pub use lookup::Stretch;
pub use queue::{Queue, Received};

/// A session with AWS.
pub struct Aws {
    runtime: Runtime,
    config: SdkConfig,
    /// Clients for the region that each bucket lies in.
    buckets: Mutex<HashMap<String, Client>>,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aws")
    }
}

/// Where nothing says another.
const REGION: &str = "us-east-1";

impl Aws {
    /// Takes what the environment or the profile gives. Nothing is called yet, but that a machine in AWS asks for its
    /// own region and credentials.
    pub fn open(options: &AwsOptions) -> Result<Aws, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start: {error}")))?;
        let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls)
            .build_https();
        let retries = RetryConfig::standard()
            .with_max_attempts(limits::SDK_ATTEMPTS_MAX)
            .with_initial_backoff(limits::ROUND_PAUSE / 4)
            .with_max_backoff(limits::ROUND_PAUSE_MAX);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(limits::CONNECT_TIMEOUT)
            .read_timeout(limits::ANSWER_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(client)
            .retry_config(retries)
            .timeout_config(timeouts);
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &options.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let mut config = runtime.block_on(loader.load());
        if config.region().is_none() {
            let region = Region::new(REGION);
            config = config.into_builder().region(region).build();
        }
        Ok(Aws {
            runtime,
            config,
            buckets: Mutex::new(HashMap::new()),
        })
    }

    /// Whether it is not AWS's own S3 that is asked.
    fn elsewhere(&self) -> bool {
        self.config.endpoint_url().is_some()
            || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some_and(|url| !url.is_empty())
    }

    /// A client for the region that a bucket lies in.
    async fn bucket(&self, bucket: &str) -> Client {
        let known = |buckets: &Mutex<HashMap<String, Client>>| {
            let buckets = buckets.lock().expect("no holder of the lock panics");
            buckets.get(bucket).cloned()
        };
        if let Some(client) = known(&self.buckets) {
            return client;
        }
        let client = self.new_client(bucket).await;
        let mut buckets = self.buckets.lock().expect("no holder of the lock panics");
        if buckets.len() >= limits::BUCKETS_MAX {
            // Messages may name any number of them.
            buckets.clear();
        }
        buckets.insert(bucket.to_owned(), client.clone());
        client
    }

    async fn new_client(&self, bucket: &str) -> Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config);
        if self.elsewhere() {
            // What speaks like S3 seldom has a host name for each bucket.
            return Client::from_conf(config.force_path_style(true).build());
        }
        let client = Client::from_conf(config.clone().build());
        // Every answer names the region, also one that refuses.
        let region = match client.head_bucket().bucket(bucket).send().await {
            Ok(found) => found.bucket_region().map(str::to_owned),
            Err(error) => error
                .raw_response()
                .and_then(|answer| answer.headers().get("x-amz-bucket-region"))
                .map(str::to_owned),
        };
        match region {
            Some(region) => Client::from_conf(config.region(Region::new(region)).build()),
            None => client,
        }
    }
}
