using System.Collections.Immutable;
using Akka.Cluster;

namespace Mooring.Actors.Membership;

/// <summary>
/// Who says of which member that its endpoint refuses connections. A process counts as ended when a majority of all members, the ended one
/// among them, says so: a firewall that rejects somewhere convinces one node, not most of them. Pure: times are points on one clock.
/// </summary>
public sealed record RefusalVotes
{
    // A node that goes on seeing refusals says so again well within this time, also on a busy machine.
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);

    private ImmutableDictionary<UniqueAddress, ImmutableDictionary<UniqueAddress, TimeSpan>> _votes =
        ImmutableDictionary<UniqueAddress, ImmutableDictionary<UniqueAddress, TimeSpan>>.Empty;

    /// <summary>Nobody has said anything.</summary>
    public static RefusalVotes None { get; } = new();

    /// <summary>A member says that another one refuses.</summary>
    /// <param name="about">Who refuses.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The new state.</returns>
    public RefusalVotes Cast(UniqueAddress about, UniqueAddress by, TimeSpan now) =>
        this with { _votes = _votes.SetItem(about, Of(about).SetItem(by, now)) };

    /// <summary>Forgets what was said of a member.</summary>
    /// <param name="about">The member.</param>
    /// <returns>The new state.</returns>
    public RefusalVotes Forget(UniqueAddress about) => this with { _votes = _votes.Remove(about) };

    /// <summary>Whether a member's process has ended, by what the members say.</summary>
    /// <param name="about">The member.</param>
    /// <param name="members">All members, this one among them.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it has.</returns>
    public bool HasEnded(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, TimeSpan now) =>
        2 * members.Count(by => by != about && Of(about).TryGetValue(by, out var at) && now - at <= Lasting) > members.Count;

    private ImmutableDictionary<UniqueAddress, TimeSpan> Of(UniqueAddress about) =>
        _votes.GetValueOrDefault(about, ImmutableDictionary<UniqueAddress, TimeSpan>.Empty);
}
