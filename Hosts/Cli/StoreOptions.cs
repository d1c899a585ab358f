using System.CommandLine;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Storage.Embedded;

namespace Mooring.Cli;

/// <summary>The block store itself, for commands that work while no node does. Who may open it may do everything.</summary>
internal sealed class StoreOptions
{
    private readonly Option<string?> _data = new("--data") { Description = "The data directory of an embedded store; without it and --ceph-conf that of the cluster in .run/." };
    private readonly Option<string?> _conf = new("--ceph-conf") { Description = "The configuration file of a Ceph cluster." };
    private readonly Option<string> _user = new("--ceph-user") { Description = "The CephX user, without client.", DefaultValueFactory = _ => "mooring" };
    private readonly Option<string> _metadata = new("--metadata-pool") { Description = "The pool of Mooring's own records, mooring.ceph.metadata-pool.", DefaultValueFactory = _ => VolumeId.DefaultPool };

    public Option[] All => [_data, _conf, _user, _metadata];

    /// <summary>Whether one of them says where the store is.</summary>
    public bool AreGiven(ParseResult parsed) => parsed.GetValue(_data) is not null || parsed.GetValue(_conf) is not null;

    /// <summary>Does something with the store.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="BlockStoreException">It cannot be done.</exception>
    public async Task<int> UseAsync(ParseResult parsed, string purpose, Func<IBlockStore, Task<int>> work)
    {
        await using var provider = Provider(parsed);
        await using var store = await provider.ConnectAsync(purpose, 4, CancellationToken.None);
        return await work(store);
    }

    private IBlockStoreProvider Provider(ParseResult parsed)
    {
        var (data, conf) = (parsed.GetValue(_data), parsed.GetValue(_conf));
        if (data is not null && conf is not null)
            throw new UsageException("give --data or --ceph-conf, not both");
        if (data is null && conf is null)
            (data, conf) = OfCluster();
        if (conf is not null)
            return new CephStoreProvider(new CephStoreOptions { ConfigFile = conf, Client = "client." + parsed.GetValue(_user), MetadataPool = parsed.GetValue(_metadata)! });
        // Opening a store that is not there would make one.
        if (!Directory.Exists(data))
            throw new UsageException($"there is no directory {data}");
        return new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = data });
    }

    private static (string? Data, string? Conf) OfCluster()
    {
        if (EndpointFinder.Cluster() is not { } cluster)
            throw new UsageException("no block store is known: give --data DIRECTORY or --ceph-conf FILE");
        return cluster.CephConf is { } conf ? (null, conf) : (Path.Combine(cluster.Folder, "data"), null);
    }
}
