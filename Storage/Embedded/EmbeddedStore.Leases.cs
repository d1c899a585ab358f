using Mooring.Messages;

namespace Mooring.Storage.Embedded;

/// <content>Leases, by the machine's monotonic clock, which all its processes share. A lease from before a reboot has run out.</content>
internal sealed partial class EmbeddedStore
{
    private const int HistoryMax = 32;

    public Task<LeaseAttempt> AcquireLeaseAsync(string name, LeaseHolder holder, TimeSpan duration, string reason, Epoch agreed, CancellationToken cancellationToken) =>
        OnControlAsync(database =>
        {
            RequireGoodLease(name, duration);
            return database.Write(() =>
            {
                RequireUnfenced(database);
                var lease = FindLease(database, name);
                var isAgreed = lease is not null && lease.Epoch == agreed;
                if (lease is not null && Holds(lease) && !IsSame(lease.Holder, holder) && !isAgreed)
                    return new LeaseAttempt(false, lease.Epoch, lease.Holder);
                // What time the one before it has left.
                if (FindLease(database, Before(name)) is { } before && Holds(before) && !IsSame(before.Holder, holder) && !isAgreed)
                    return new LeaseAttempt(false, lease!.Epoch, before.Holder);
                database.Execute("DELETE FROM leases WHERE name = ?", Before(name));
                if (isAgreed)
                    database.Execute("UPDATE leases SET name = ? WHERE name = ?", Before(name), name);
                var epoch = (lease?.Epoch ?? default).Next;
                database.Execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)",
                    name, epoch.Value, holder.Node.Value, holder.Incarnation, holder.Fence.Value, _boot, Now() + Ticks(duration));
                database.Execute("INSERT INTO lease_history VALUES (?, ?, ?, ?, ?, ?, ?)",
                    name, epoch.Value, holder.Node.Value, holder.Incarnation, holder.Fence.Value, UtcMilliseconds(), reason);
                database.Execute("DELETE FROM lease_history WHERE name = ? AND epoch <= ?", name, epoch.Value - HistoryMax);
                return new LeaseAttempt(true, epoch, lease?.Holder);
            });
        }, cancellationToken);

    public bool RenewLease(string name, LeaseHolder holder, Epoch epoch, TimeSpan duration) => OnControlAsync(database =>
    {
        RequireGoodLease(name, duration);
        return SetExpiry(database, name, holder, epoch, () => Now() + Ticks(duration));
    }, CancellationToken.None).GetAwaiter().GetResult();

    public Task ReleaseLeaseAsync(string name, LeaseHolder holder, Epoch epoch, CancellationToken cancellationToken) =>
        OnControlAsync(database => SetExpiry(database, name, holder, epoch, () => 0) || SetExpiry(database, Before(name), holder, epoch, () => 0), cancellationToken);

    public async Task EvictAsync(string name, LeaseHolder holder, TimeSpan fenceDuration, CancellationToken cancellationToken)
    {
        await FenceAsync(holder.Fence, fenceDuration, cancellationToken).ConfigureAwait(false);
        await OnControlAsync(database => database.Write(() =>
        {
            RequireUnfenced(database);
            database.Execute("UPDATE leases SET expires = 0 WHERE name IN (?, ?) AND node = ? AND incarnation = ?", name, Before(name), holder.Node.Value, holder.Incarnation);
            return true;
        }), cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<LeaseOwnership>> GetLeaseHistoryAsync(string name, CancellationToken cancellationToken) =>
        OnControlAsync<IReadOnlyList<LeaseOwnership>>(database => database.Query(
            row => new LeaseOwnership(new Epoch(row.Number(0)), ReadHolder(row, 1), DateTimeOffset.FromUnixTimeMilliseconds(row.Number(4)), row.Text(5)),
            "SELECT epoch, node, incarnation, fence, since, reason FROM lease_history WHERE name = ? ORDER BY epoch DESC LIMIT ?", name, HistoryMax), cancellationToken);

    // The row of a holder from whom the lease was taken by agreement; no lease has such a name.
    private static string Before(string name) => name + "/before";

    private bool SetExpiry(Database database, string name, LeaseHolder holder, Epoch epoch, Func<long> expires) => database.Write(() =>
    {
        RequireUnfenced(database);
        if (FindLease(database, name) is not { } lease || !Holds(lease) || !IsSame(lease.Holder, holder) || lease.Epoch != epoch)
            return false;
        database.Execute("UPDATE leases SET expires = ? WHERE name = ?", expires(), name);
        return true;
    }, durable: false);

    private static Lease? FindLease(Database database, string name) => database.First(
        row => new Lease(new Epoch(row.Number(0)), ReadHolder(row, 1), row.Text(4), row.Number(5)),
        "SELECT epoch, node, incarnation, fence, boot, expires FROM leases WHERE name = ?", name);

    private static LeaseHolder ReadHolder(Database.Row row, int first) =>
        new(new NodeName(row.Text(first)), row.Text(first + 1), new FenceAddress(row.Text(first + 2)));

    private bool Holds(Lease lease) => lease.Boot == _boot && Now() < lease.Expires;

    private static bool IsSame(LeaseHolder one, LeaseHolder other) => one.Node == other.Node && one.Incarnation == other.Incarnation;

    /// <summary>The monotonic clock, in ticks of 100 ns.</summary>
    private long Now() => _options.Time.GetElapsedTime(0, _options.Time.GetTimestamp()).Ticks;

    private static long Ticks(TimeSpan duration) => Math.Min(duration.Ticks, TimeSpan.FromDays(365).Ticks);

    private static void RequireGoodLease(string name, TimeSpan duration)
    {
        if (name is not { Length: >= 1 and <= 64 } || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            throw Failures.Invalid($"'{name}' is not a lease name: expected 1 to 64 letters, digits, or . _ -");
        if (duration <= TimeSpan.Zero)
            throw Failures.Invalid($"a lease holds for more than {duration}");
    }

    /// <summary>A row of <c>leases</c>.</summary>
    private sealed record Lease(Epoch Epoch, LeaseHolder Holder, string Boot, long Expires);
}
