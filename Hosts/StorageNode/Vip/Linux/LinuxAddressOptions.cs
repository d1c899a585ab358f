using System.Net;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>What is to be put on, and where.</summary>
internal sealed record LinuxAddressOptions
{
    /// <summary>The virtual IP and further addresses that come and go with it, with the port that the gateway listens on.</summary>
    public required IReadOnlyList<IPEndPoint> Endpoints { get; init; }

    /// <summary>The interface's name; empty: the one whose network has the address.</summary>
    public required string Interface { get; init; }

    /// <summary>The addresses' prefix length; 0: the address alone, /32 or /128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>How long a takeover listens whether somebody has the address.</summary>
    public required TimeSpan TakeoverProbe { get; init; }

    /// <summary>Addresses of the cluster's nodes: one that still answers for the address is no stranger.</summary>
    public required IReadOnlyList<IPAddress> Nodes { get; init; }
}
