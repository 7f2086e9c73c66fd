//! Messages of a queue: received, held while they are worked on, and taken away when their owner says so.
//!
//! In: the URL of a queue. Out: messages. While they are held nobody else gets them, however long the work takes:
//! a task prolongs their invisibility. What is let go, or lost with the process, comes again. This is the one file
//! of the crate that changes something at AWS, and all it ever takes away is a message.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::Region;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName,
};
use tokio::task::JoinHandle;

use super::Aws;
use super::failure::{Failure, patiently};
use crate::error::{Error, ErrorKind};
use crate::limits;

/// What SQS takes at a time.
const BATCH: usize = 10;

/// A queue.
#[derive(Debug)]
pub struct Queue {
    client: Client,
    url: String,
    held: Held,
    keeper: JoinHandle<()>,
}

/// A message that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub id: String,
    pub body: String,
    /// How often it was handed out, this time included.
    pub times: u32,
    receipt: String,
}

/// Receipts by the id of their message.
type Held = Arc<Mutex<HashMap<String, String>>>;

impl Drop for Queue {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Aws {
    /// A queue by its URL. Nothing is asked for yet.
    pub fn queue(&self, url: &str) -> Queue {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.config);
        if let Some(region) = region_of(url) {
            config = config.region(Region::new(region.to_owned()));
        }
        let client = Client::from_conf(config.build());
        let held = Held::default();
        let keeping = keep(client.clone(), url.to_owned(), held.clone());
        Queue {
            keeper: self.runtime.spawn(keeping),
            client,
            url: url.to_owned(),
            held,
        }
    }

    /// Receives messages, and holds them: until none are left, there are enough, or after the wait where there is
    /// none at all.
    pub fn receive(&self, queue: &Queue, wait: Duration) -> Result<Vec<Received>, Error> {
        self.runtime.block_on(async {
            let mut all: Vec<Received> = Vec::new();
            let mut wait = wait.min(limits::RECEIVE_WAIT_MAX);
            while all.len() < limits::MESSAGES_HELD_MAX {
                let received = patiently(|| receive(queue, wait)).await;
                let received = match received {
                    Ok(received) => received,
                    // What is there already is worked on first.
                    Err(_) if !all.is_empty() => break,
                    Err(failure) => return Err(queue.error("receive from", &failure)),
                };
                if received.is_empty() {
                    break;
                }
                let mut held = queue.held.lock().expect("no holder of the lock panics");
                for message in received {
                    held.insert(message.id.clone(), message.receipt.clone());
                    all.push(message);
                }
                // The next ones are there or not.
                wait = wait.min(limits::RECEIVE_WAIT_MORE);
            }
            Ok(all)
        })
    }

    /// Takes messages away for good.
    pub fn delete(&self, queue: &Queue, messages: &[Received]) -> Result<(), Error> {
        self.runtime.block_on(async {
            for some in messages.chunks(BATCH) {
                patiently(|| delete(queue, some))
                    .await
                    .map_err(|failure| queue.error("delete messages of", &failure))?;
                queue.forget(some);
            }
            Ok(())
        })
    }

    /// Lets messages come again after a while.
    pub fn let_go(&self, queue: &Queue, messages: &[Received]) {
        queue.forget(messages);
    }
}

impl Queue {
    fn forget(&self, messages: &[Received]) {
        let mut held = self.held.lock().expect("no holder of the lock panics");
        for message in messages {
            held.remove(&message.id);
        }
    }

    fn error(&self, what: &str, failure: &Failure) -> Error {
        let kind = match failure {
            Failure::Gone(_) => ErrorKind::NotFound,
            Failure::Refused(_) => ErrorKind::NotAllowed,
            Failure::Passing(_) => ErrorKind::Io,
        };
        Error::new(
            kind,
            format!("cannot {what} the queue `{}`: {}", self.url, failure.why()),
        )
    }
}

async fn receive(queue: &Queue, wait: Duration) -> Result<Vec<Received>, Failure> {
    let answer = queue
        .client
        .receive_message()
        .queue_url(&queue.url)
        .max_number_of_messages(BATCH as i32)
        .wait_time_seconds(wait.as_secs() as i32)
        .visibility_timeout(limits::HOLD.as_secs() as i32)
        .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
        .send()
        .await
        .map_err(|error| Failure::of(&error))?;
    Ok(answer.messages().iter().filter_map(received).collect())
}

fn received(message: &Message) -> Option<Received> {
    let times = message
        .attributes()
        .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|times| times.parse().ok());
    Some(Received {
        id: message.message_id()?.to_owned(),
        receipt: message.receipt_handle()?.to_owned(),
        body: message.body().unwrap_or_default().to_owned(),
        times: times.unwrap_or(1),
    })
}

async fn delete(queue: &Queue, messages: &[Received]) -> Result<(), Failure> {
    let held = queue
        .held
        .lock()
        .expect("no holder of the lock panics")
        .clone();
    let mut request = queue.client.delete_message_batch().queue_url(&queue.url);
    for (number, message) in messages.iter().enumerate() {
        // It may have been handed out anew since.
        let receipt = held.get(&message.id).unwrap_or(&message.receipt);
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(number.to_string())
            .receipt_handle(receipt)
            .build()
            .map_err(|error| Failure::Refused(error.to_string()))?;
        request = request.entries(entry);
    }
    let answer = request.send().await.map_err(|error| Failure::of(&error))?;
    // What could not be deleted comes again, and is known then.
    let failed = answer.failed().iter().find(|failed| !failed.sender_fault());
    match failed {
        Some(failed) => Err(Failure::Passing(format!(
            "{}: {}",
            failed.code(),
            failed.message().unwrap_or_default()
        ))),
        None => Ok(()),
    }
}

/// Prolongs what is held, for as long as there is a queue.
async fn keep(client: Client, url: String, held: Held) {
    loop {
        tokio::time::sleep(limits::HOLD / 3).await;
        let now: Vec<String> = {
            let held = held.lock().expect("no holder of the lock panics");
            held.values().cloned().collect()
        };
        for some in now.chunks(BATCH) {
            let entries = some.iter().enumerate().filter_map(|(number, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(limits::HOLD.as_secs() as i32)
                    .build()
                    .ok()
            });
            // Where it fails the message comes again, which costs work and loses nothing.
            let _ = client
                .change_message_visibility_batch()
                .queue_url(&url)
                .set_entries(Some(entries.collect()))
                .send()
                .await;
        }
    }
}

/// `https://sqs.REGION.amazonaws.com/…`, in any partition.
fn region_of(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split('/').next()?;
    let mut parts = host.split('.');
    let region = match (parts.next()?, parts.next()?) {
        ("sqs" | "sqs-fips", region) => region,
        (region, "queue") => region,
        _ => return None,
    };
    (host.contains("amazonaws.") && crate::layout::is_region(region)).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_lie_in_regions() {
        let check = |url: &str, expected: Option<&str>| assert_eq!(region_of(url), expected);
        check(
            "https://sqs.eu-west-1.amazonaws.com/111122223333/trail",
            Some("eu-west-1"),
        );
        check(
            "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/trail",
            Some("cn-north-1"),
        );
        check(
            "https://eu-west-1.queue.amazonaws.com/111122223333/trail",
            Some("eu-west-1"),
        );
        check("http://127.0.0.1:5000/123456789012/trail", None);
        check("http://sqs.eu-west-1.localhost/123456789012/trail", None);
    }
}
