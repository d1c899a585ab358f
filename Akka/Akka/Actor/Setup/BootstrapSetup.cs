using Akka.Configuration;
using Akka.Util;

namespace Akka.Actor;

/// <summary>Which provider of references a system has: whether it is local, remote or part of a cluster.</summary>
public abstract class ProviderSelection
{
    private ProviderSelection(string identifier, string fqn, bool hasCluster)
    {
        Identifier = identifier;
        Fqn = fqn;
        HasCluster = hasCluster;
    }

    internal string Identifier { get; }

    internal string Fqn { get; }

    internal bool HasCluster { get; }

    internal static ProviderSelection GetProvider(string providerClass) => providerClass switch
    {
        "local" or "Akka.Actor.LocalActorRefProvider" or "Akka.Actor.LocalActorRefProvider, Akka" => Local.Instance,
        "remote" or "Akka.Remote.RemoteActorRefProvider, Akka.Remote" => Remote.Instance,
        "cluster" or "Akka.Cluster.ClusterActorRefProvider, Akka.Cluster" => Cluster.Instance,
        _ => new Custom(providerClass),
    };

    /// <summary>One process.</summary>
    public sealed class Local : ProviderSelection
    {
        private Local() : base("local", typeof(LocalActorRefProvider).FullName!, false) { }

        public static readonly Local Instance = new();
    }

    /// <summary>References to other processes.</summary>
    public sealed class Remote : ProviderSelection
    {
        private Remote() : base("remote", "Akka.Remote.RemoteActorRefProvider, Akka.Remote", false) { }

        public static readonly Remote Instance = new();
    }

    /// <summary>A member of a cluster.</summary>
    public sealed class Cluster : ProviderSelection
    {
        private Cluster() : base("cluster", "Akka.Cluster.ClusterActorRefProvider, Akka.Cluster", true) { }

        public static readonly Cluster Instance = new();
    }

    /// <summary>An own provider, by type name.</summary>
    public sealed class Custom : ProviderSelection
    {
        public Custom(string fqn, string? identifier = null, bool hasCluster = false) : base(identifier ?? "custom", fqn, hasCluster) { }
    }
}

/// <summary>Configuration and provider of a system that is being created.</summary>
public sealed class BootstrapSetup : Setup.Setup
{
    private BootstrapSetup(Option<Config> config, Option<ProviderSelection> provider)
    {
        Config = config;
        ActorRefProvider = provider;
    }

    public Option<Config> Config { get; }

    public Option<ProviderSelection> ActorRefProvider { get; }

    public static BootstrapSetup Create() => new(Option<Config>.None, Option<ProviderSelection>.None);

    public BootstrapSetup WithActorRefProvider(ProviderSelection name) => new(Config, new Option<ProviderSelection>(name));

    public BootstrapSetup WithConfig(Config config) => new(new Option<Config>(config), ActorRefProvider);

    /// <summary>Adds to what <see cref="WithConfig"/> set, or is used alone.</summary>
    public BootstrapSetup WithConfigFallback(Config config) =>
        WithConfig(Config.HasValue ? Config.Value.WithFallback(config) : config);
}
