namespace Akka.Coordination;

/// <summary>How a user of leases (singleton, shard) takes one.</summary>
public sealed class LeaseUsageSettings
{
    public LeaseUsageSettings(string leaseImplementation, TimeSpan leaseRetryInterval)
    {
        LeaseImplementation = leaseImplementation;
        LeaseRetryInterval = leaseRetryInterval;
    }

    /// <summary>Path of the lease implementation's configuration section.</summary>
    public string LeaseImplementation { get; }

    /// <summary>How long to wait before the next attempt when the lease was not granted.</summary>
    public TimeSpan LeaseRetryInterval { get; }

    public override string ToString() => $"LeaseUsageSettings({LeaseImplementation}, {LeaseRetryInterval})";
}
