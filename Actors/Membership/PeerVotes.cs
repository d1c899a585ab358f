using System.Collections.Immutable;
using Akka.Cluster;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>
/// What members say of one that is out of reach. It counts as lost when a majority of all members, the lost one among them, says so, and as
/// ended when such a majority says that its endpoint refuses: a firewall that rejects somewhere, or a cut between two, convinces one node, not
/// most of them. Pure: times are points on one clock.
/// </summary>
public sealed record PeerVotes
{
    // A node says again what it goes on seeing well within these times, also on a busy machine. A process that has ended stays so; silence may end.
    private static readonly TimeSpan RefusalLasting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SilenceLasting = TimeSpan.FromSeconds(1);

    private ImmutableDictionary<UniqueAddress, ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)>> _votes =
        ImmutableDictionary<UniqueAddress, ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)>>.Empty;

    /// <summary>Nobody has said anything.</summary>
    public static PeerVotes None { get; } = new();

    /// <summary>A member says what it sees of another one; what it said before counts no more.</summary>
    /// <param name="about">Of whom.</param>
    /// <param name="verdict">What it sees.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The new state.</returns>
    public PeerVotes Cast(UniqueAddress about, PeerVerdict verdict, UniqueAddress by, TimeSpan now) =>
        this with { _votes = _votes.SetItem(about, Of(about).SetItem(by, (verdict, now))) };

    /// <summary>Forgets what was said of a member.</summary>
    /// <param name="about">The member.</param>
    /// <returns>The new state.</returns>
    public PeerVotes Forget(UniqueAddress about) => this with { _votes = _votes.Remove(about) };

    /// <summary>Whether a member's process has ended, by what the members say.</summary>
    /// <param name="about">The member.</param>
    /// <param name="members">All members, this one among them.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it has.</returns>
    public bool HasEnded(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, TimeSpan now) =>
        Most(about, members, vote => Refuses(vote, now));

    /// <summary>Whether a member is out of reach for most, by what the members say; one that has ended is.</summary>
    /// <param name="about">The member.</param>
    /// <param name="members">All members, this one among them.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it is.</returns>
    public bool IsLost(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, TimeSpan now) =>
        Most(about, members, vote => Refuses(vote, now) || (vote.Verdict == PeerVerdict.Silent && now - vote.At <= SilenceLasting));

    private static bool Refuses((PeerVerdict Verdict, TimeSpan At) vote, TimeSpan now) =>
        vote.Verdict == PeerVerdict.Refuses && now - vote.At <= RefusalLasting;

    private bool Most(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, Func<(PeerVerdict Verdict, TimeSpan At), bool> says) =>
        2 * members.Count(by => by != about && Of(about).TryGetValue(by, out var vote) && says(vote)) > members.Count;

    private ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)> Of(UniqueAddress about) =>
        _votes.GetValueOrDefault(about, ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)>.Empty);
}
