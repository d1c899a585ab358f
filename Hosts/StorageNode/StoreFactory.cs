using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Storage.Embedded;
using Mooring.StorageNode.Configuration;

namespace Mooring.StorageNode;

/// <summary>The block store that a configuration names.</summary>
internal sealed class StoreFactory(NodeConfiguration configuration) : IAsyncDisposable
{
    public IBlockStoreProvider Provider { get; } = configuration.Backend == "ceph"
        ? new CephStoreProvider(new CephStoreOptions
        {
            ConfigFile = configuration.Text("ceph.config-file"),
            Client = "client." + configuration.Text("ceph.user"),
            MetadataPool = configuration.Text("ceph.metadata-pool"),
            ConnectTimeout = configuration.Time("ceph.connect-timeout"),
            OsdOperationTimeout = configuration.Time("ceph.op-timeout"),
            MonitorOperationTimeout = configuration.Time("ceph.op-timeout"),
        })
        : new EmbeddedStoreProvider(new EmbeddedStoreOptions
        {
            Directory = configuration.DataDirectory,
            Pools = configuration.Texts("embedded.pools"),
            BusyTimeout = configuration.Time("embedded.busy-timeout"),
            Notice = Console.Out.WriteLine,
        });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Provider.DisposeAsync();
}
