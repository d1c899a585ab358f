using Akka.Configuration;

namespace Akka.TestKit.Configs;

/// <summary>Configurations for tests.</summary>
public static class TestConfigs
{
    private static readonly Lazy<Config> Reference =
        new(static () => ConfigurationFactory.FromResource("Akka.TestKit.reference.conf", typeof(TestConfigs).Assembly));

    public static Config DefaultConfig => Reference.Value;

    /// <summary>Virtual time: nothing happens until the <see cref="TestScheduler"/> is advanced.</summary>
    public static Config TestSchedulerConfig { get; } =
        ConfigurationFactory.ParseString("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"").WithFallback(Reference.Value);
}
