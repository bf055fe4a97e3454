//! What stands at the other end: a receiver of webhooks, and one of mail.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A receiver that answers by a script, and with 200 beyond its end. Its threads end with the test's process.
pub struct Receiver {
    pub url: String,
    posted: Arc<Mutex<Vec<Posted>>>,
}

/// An answer: a status with further header lines, after a time.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: &'static str,
    pub head: &'static str,
    pub after: Duration,
}

pub fn answer(status: &'static str, head: &'static str) -> Answer {
    Answer { status, head, after: Duration::ZERO }
}

impl Receiver {
    pub fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let posted: Arc<Mutex<Vec<Posted>>> = Arc::default();
        let script = Arc::new(Mutex::new(script.into_iter()));
        let taken = posted.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (taken, script) = (taken.clone(), script.clone());
                thread::spawn(move || take(stream.unwrap(), &taken, || script.lock().unwrap().next()));
            }
        });
        Self { url, posted }
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

fn take(stream: TcpStream, taken: &Mutex<Vec<Posted>>, next: impl Fn() -> Option<Answer>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or_default() == 0 {
        return;
    }
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let posted = Posted { headers, body: String::new() };
    let mut body = vec![0; posted.header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    taken.lock().unwrap().push(Posted { body: String::from_utf8(body).unwrap(), ..posted });
    let answer = next().unwrap_or(answer("200 OK", ""));
    thread::sleep(answer.after);
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-length: 0\r\nconnection: close\r\n{}\r\n",
        answer.status, answer.head
    );
    // Who asked may be gone.
    let _ = (&stream).write_all(head.as_bytes());
}

/// A mail server without TLS: keeps what it is given, and refuses whom it does not know.
pub struct MailServer {
    pub port: u16,
    letters: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters: Arc<Mutex<Vec<String>>> = Arc::default();
        let taken = letters.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let taken = taken.clone();
                thread::spawn(move || talk(&stream.unwrap(), &taken));
            }
        });
        Self { port, letters }
    }

    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }
}

fn talk(stream: &TcpStream, taken: &Mutex<Vec<String>>) {
    let (mut reader, mut writer, mut line) =
        (BufReader::new(stream.try_clone().unwrap()), stream, String::new());
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    say("220 mail.example");
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        match line.trim_end() {
            "DATA" => {
                say("354 go on");
                let mut letter = String::new();
                loop {
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                    if line == ".\r\n" {
                        break;
                    }
                    letter.push_str(&line);
                }
                taken.lock().unwrap().push(letter);
                say("250 2.0.0 queued as 4711");
            }
            "QUIT" => return say("221 bye"),
            text if text.contains("FROM:<unwanted@") => say("553 5.7.1 sender rejected"),
            text if text.contains("nobody@") => say("550 5.1.1 no such user"),
            _ => say("250 ok"),
        }
    }
}
