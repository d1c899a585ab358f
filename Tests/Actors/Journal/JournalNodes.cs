using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Journal;

namespace Mooring.Tests.Actors.Journal;

/// <summary>Actor systems, as of several processes, that share one block store and one journal, put together as the daemon does it.</summary>
internal sealed class JournalNodes(params string[] settings) : IAsyncDisposable
{
    private const string Remote = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          actor.provider = remote
          # What the tests keep is of their own types.
          actor.serializers {
            hyperion = "Akka.Serialization.HyperionSerializer, Akka.Serialization.Hyperion"
            json = "Akka.Serialization.NewtonSoftJsonSerializer, Akka"
          }
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        }
        """;

    private readonly TemporaryDirectory _directory = new("journal");
    private readonly List<(ActorSystem System, NodeJournal Journal)> _nodes = [];

    /// <summary>The directory of the embedded store.</summary>
    public string DataDirectory => _directory["data"];

    public async Task<ActorSystem> StartAsync(params string[] others)
    {
        var configuration = NodeConfiguration.Load(null, [$"embedded.data-dir={DataDirectory}", .. settings, .. others], new Dictionary<string, string>());
        IBlockStoreProvider store = new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = DataDirectory });
        var journal = await NodeJournal.OpenAsync(configuration, store, default);
        var hocon = ConfigurationFactory.ParseString(journal.Hocon).WithFallback(ConfigurationFactory.ParseString(Remote)).WithFallback(configuration.Merged);
        var system = ActorSystem.Create("mooring", ActorSystemSetup.Create([BootstrapSetup.Create().WithConfig(hocon), .. journal.Setups]));
        journal.Register(system);
        _nodes.Add((system, journal));
        return system;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (system, journal) in _nodes)
        {
            await system.Terminate();
            await journal.DisposeAsync();
        }
        _directory.Dispose();
    }
}
