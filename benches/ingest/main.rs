//! What a delivery costs Slipway, beside what it costs the `floor`, in one interleaved run: `cargo bench --bench ingest`.
//! docs/performance.md says what is measured and why. Exits with 1 where a goal is missed.

#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

mod floor;
mod load;
mod payload;
mod server;
mod table;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::runtime::Builder;
use tokio::time::sleep;

use load::{Request, connect, drive};
use server::{Kind, Launcher, SECRET, Server};
use table::{Goal, HEAD, Row};

/// An odd number, so that there is a middle one.
const ROUNDS: usize = 7;
const CELL: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(5);
const CONNECTIONS: usize = 32;

/// The figures of the floor and of Slipway.
type Pair = [Vec<f64>; 2];

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["floor", address] => {
            let runtime = Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(floor::serve(address.parse()?, SECRET))?;
            Ok(ExitCode::SUCCESS)
        }
        // Cargo says so when it is asked to measure, and not when it only wants to know whether everything runs.
        options if options.contains(&"--bench") => {
            let launcher = Launcher::new()?;
            Builder::new_current_thread().enable_all().build()?.block_on(measure(&launcher))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn measure(launcher: &Launcher) -> anyhow::Result<ExitCode> {
    let place = if launcher.pinned() { "servers on core 0, load on core 1" } else { "not pinned to cores" };
    println!("{ROUNDS} interleaved rounds, {CONNECTIONS} connections, {place}; min / median / max\n\n{HEAD}");
    let rows = [processing(launcher).await?, memory(launcher).await?, idling(launcher).await?];
    Ok(if rows.iter().flatten().all(Row::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(rows: Vec<Row>) -> Vec<Row> {
    for row in &rows {
        println!("{row}");
    }
    rows
}

/// One request for each connection, each of another repository.
fn requests(kind: &str, body: impl Fn(usize) -> Vec<u8>, secret: &str, answer: &'static str) -> anyhow::Result<Vec<Request>> {
    (0..CONNECTIONS).map(|n| Request::signed(kind, &body(n + 1), secret, answer)).collect()
}

async fn processing(launcher: &Launcher) -> anyhow::Result<Vec<Row>> {
    let (floor, slipway) = (launcher.start(Kind::Floor)?, launcher.start(Kind::Slipway)?);
    let request = |n| payload::pull_request(n, 24_200);
    let mut push = requests("push", |n| payload::push(n, 8_000), SECRET, "202")?;
    let mut accepted = requests("pull_request", request, SECRET, "202")?;
    let mut forged = requests("pull_request", request, "another secret", "401")?;
    for server in [&floor, &slipway] {
        drive(server.address, &mut accepted, WARM_UP).await?;
    }
    let mut costs: [Vec<f64>; 6] = Default::default();
    for _ in 0..ROUNDS {
        let round = [
            cost(&floor, &mut push).await?,
            cost(&slipway, &mut push).await?,
            cost(&floor, &mut accepted).await?,
            cost(&slipway, &mut accepted).await?,
            cost(&slipway, &mut forged).await?,
            cost(&floor, &mut forged).await?,
        ];
        costs.iter_mut().zip(round).for_each(|(costs, cost)| costs.push(cost));
    }
    let [floor_push, push, floor_accepted, accepted, forged, floor_forged] = costs;
    let goal = Goal::RatioOrMore(1.3, 30.0);
    Ok(tell(vec![
        Row { what: "CPU µs per accepted push of 8 KB", reference: floor_push, slipway: push, goal },
        Row { what: "CPU µs per accepted pull request of 24 KB", reference: floor_accepted, slipway: accepted.clone(), goal },
        Row { what: "CPU µs per forged pull request of 24 KB", reference: floor_forged, slipway: forged.clone(), goal },
        Row { what: "the same, beside Slipway's accepted ones", reference: accepted, slipway: forged, goal: Goal::Ratio(1.0) },
    ]))
}

/// CPU time of the server in µs for each request that it answered.
async fn cost(server: &Server, requests: &mut [Request]) -> anyhow::Result<f64> {
    let before = server.cpu()?;
    let answered = drive(server.address, requests, CELL).await?;
    Ok((server.cpu()? - before) * 1e6 / f64::from(answered))
}

async fn memory(launcher: &Launcher) -> anyhow::Result<Vec<Row>> {
    let body = payload::push(1, 20_000_000);
    let mut requests = (0..8).map(|_| Request::signed("push", &body, SECRET, "202")).collect::<anyhow::Result<Vec<_>>>()?;
    let mut peaks = Pair::default();
    for _ in 0..ROUNDS {
        for (kind, peaks) in [Kind::Floor, Kind::Slipway].into_iter().zip(&mut peaks) {
            let server = launcher.start(kind)?;
            let send = async |request: &mut Request| request.send(&mut connect(server.address).await?).await;
            try_join_all(requests.iter_mut().map(send)).await?;
            peaks.push(server.peak()?);
        }
    }
    let [reference, slipway] = peaks;
    Ok(tell(vec![Row { what: "peak MiB, eight pushes of 20 MB at once", reference, slipway, goal: Goal::Ratio(1.3) }]))
}

/// Each round starts both servers anew, and then leaves them alone.
async fn idling(launcher: &Launcher) -> anyhow::Result<Vec<Row>> {
    let mut push = Request::signed("push", &payload::push(1, 8_000), SECRET, "202")?;
    let (mut starts, mut resident, mut used) = (Pair::default(), Pair::default(), Pair::default());
    for _ in 0..ROUNDS {
        let mut servers = Vec::new();
        for (kind, starts) in [Kind::Floor, Kind::Slipway].into_iter().zip(&mut starts) {
            let server = launcher.start(kind)?;
            push.send(&mut connect(server.address).await?).await?;
            starts.push(server.started.elapsed().as_secs_f64() * 1e3);
            servers.push(server);
        }
        sleep(Duration::from_secs(1)).await;
        let before = servers.iter().map(Server::cpu).collect::<Result<Vec<_>, _>>()?;
        sleep(IDLE).await;
        for (((server, before), resident), used) in servers.iter().zip(before).zip(&mut resident).zip(&mut used) {
            resident.push(server.resident()?);
            used.push((server.cpu()? - before) * 1e3);
        }
    }
    let ([floor_starts, starts], [floor_resident, resident], [floor_used, used]) = (starts, resident, used);
    Ok(tell(vec![
        Row { what: "ms from start to first answer", reference: floor_starts, slipway: starts, goal: Goal::AtMost(50.0) },
        Row { what: "MiB resident while idle", reference: floor_resident, slipway: resident, goal: Goal::AtMost(15.0) },
        Row { what: "CPU ms in five idle seconds", reference: floor_used, slipway: used, goal: Goal::AtMost(0.0) },
    ]))
}
