namespace Mooring.Storage.Ceph;

/// <summary>How to reach a Ceph cluster, and the bounds of everything that the adapter queues or waits for.</summary>
public sealed record CephStoreOptions
{
    /// <summary>The cluster's configuration file; names the monitors and the key ring.</summary>
    public string ConfigFile { get; init; } = "/etc/ceph/ceph.conf";

    /// <summary>The client's full name, as in <c>client.mooring</c>.</summary>
    public string Client { get; init; } = "client.mooring";

    /// <summary>The pool in which leases, records and the event log lie. It must exist.</summary>
    public string MetadataPool { get; init; } = "rbd";

    /// <summary>The RADOS namespace of leases, records and the event log; apart from every namespace of images.</summary>
    public string MetadataNamespace { get; init; } = ".mooring";

    /// <summary>The most that opening a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// <c>rados_osd_op_timeout</c>, in whole seconds: after that an operation fails with ETIMEDOUT. Longer than the cluster needs
    /// to notice a dead OSD (about 20 s with Ceph's defaults), so that an OSD's death is a delay and no error.
    /// </summary>
    public TimeSpan OsdOperationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>rados_mon_op_timeout</c>, in whole seconds.</summary>
    public TimeSpan MonitorOperationTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long closing a connection waits for its running calls and for librados, before it leaves them behind.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a fence waits for placement groups that do not answer anybody.</summary>
    public TimeSpan FenceBarrierTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many image calls may wait for a slot of one connection; further ones fail as overloaded.</summary>
    public int SlotQueueMax { get; init; } = 1024;

    /// <summary>How many pieces (at most 4 MiB each, held in memory) of one copy are in flight.</summary>
    public int CopyRequestsMax { get; init; } = 8;

    /// <summary>How many blocking monitor calls (fencing, pool look-ups) run at once in the process; concurrent fences share one commit.</summary>
    public int ControlThreadsMax { get; init; } = 16;

    /// <summary>How much may wait for, and go out in, one write to each of the event log's objects.</summary>
    public EventLogLimits EventLog { get; init; } = new();

    /// <summary>Options of Ceph to set over the configuration file, by their names in <c>ceph.conf</c>.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; init; } = new Dictionary<string, string>();

    /// <summary>The clock for what is kept as information (since when a lease is held).</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
