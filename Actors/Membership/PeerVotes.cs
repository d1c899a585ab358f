using System.Collections.Immutable;
using Akka.Cluster;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>
/// What members say of one that is out of reach. Pure: times are points on one clock. It has ended when most of all members say that its endpoint
/// refuses: a firewall that rejects somewhere convinces one node, not most of them. It is lost, and may be downed, when it has ended, or when most of
/// those that are up hear nothing of it.
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
    /// <param name="members">All members, this one and those that join among them.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it has.</returns>
    public bool HasEnded(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, TimeSpan now) =>
        2 * Count(about, members, vote => Refuses(vote, now)) > members.Count;

    /// <summary>Whether a member is out of reach for good enough reason to down it, by what the members say.</summary>
    /// <param name="about">The member.</param>
    /// <param name="members">All members, this one and those that join among them.</param>
    /// <param name="up">Those of them that the split-brain resolver counts, this one among them: without those that join.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it is.</returns>
    public bool IsLost(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, IReadOnlyCollection<UniqueAddress> up, TimeSpan now) =>
        HasEnded(about, members, now) || 2 * Count(about, up, vote => Refuses(vote, now) || IsSilent(vote, now)) > up.Count;

    private static bool Refuses((PeerVerdict Verdict, TimeSpan At) vote, TimeSpan now) =>
        vote.Verdict == PeerVerdict.Refuses && now - vote.At <= RefusalLasting;

    private static bool IsSilent((PeerVerdict Verdict, TimeSpan At) vote, TimeSpan now) =>
        vote.Verdict == PeerVerdict.Silent && now - vote.At <= SilenceLasting;

    private int Count(UniqueAddress about, IReadOnlyCollection<UniqueAddress> members, Func<(PeerVerdict Verdict, TimeSpan At), bool> says) =>
        members.Count(by => by != about && Of(about).TryGetValue(by, out var vote) && says(vote));

    private ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)> Of(UniqueAddress about) =>
        _votes.GetValueOrDefault(about, ImmutableDictionary<UniqueAddress, (PeerVerdict Verdict, TimeSpan At)>.Empty);
}
