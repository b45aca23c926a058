//! The binary.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let gateway = switchboard::Gateway::builder().start().await?;
    for plugin in gateway.status().await.plugins {
        println!("{} {}", plugin.name, plugin.state);
    }
    gateway.stop().await;
    Ok(())
}
