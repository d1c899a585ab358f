using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Akka.Cluster;

/// <summary>Events about membership and reachability, and the snapshot of the state that subscribers begin with.</summary>
public partial class ClusterEvent
{
    public static readonly SubscriptionInitialStateMode InitialStateAsSnapshot = SubscriptionInitialStateMode.InitialStateAsSnapshot;

    public static readonly SubscriptionInitialStateMode InitialStateAsEvents = SubscriptionInitialStateMode.InitialStateAsEvents;

    /// <summary>What a new subscriber gets first.</summary>
    public enum SubscriptionInitialStateMode
    {
        /// <summary>One <see cref="CurrentClusterState"/>.</summary>
        InitialStateAsSnapshot,

        /// <summary>The events that lead from nothing to the current state.</summary>
        InitialStateAsEvents,
    }

    /// <summary>Marks all events of the cluster.</summary>
    public interface IClusterDomainEvent : IDeadLetterSuppression;

    /// <summary>Marks events about the status of a member.</summary>
    public interface IMemberEvent : IClusterDomainEvent
    {
        Member Member { get; }
    }

    /// <summary>Marks events about whether a member can be reached.</summary>
    public interface IReachabilityEvent : IClusterDomainEvent;

    /// <summary>The state of the cluster as this node knows it.</summary>
    public sealed class CurrentClusterState : INoSerializationVerificationNeeded
    {
        private readonly ImmutableDictionary<string, Address?> _roleLeaderMap;

        public CurrentClusterState() : this(Member.NoMembers, [], [], null, ImmutableDictionary<string, Address?>.Empty) { }

        public CurrentClusterState(
            ImmutableSortedSet<Member> members,
            ImmutableHashSet<Member> unreachable,
            ImmutableHashSet<Address> seenBy,
            Address? leader,
            ImmutableDictionary<string, Address?> roleLeaderMap)
        {
            Members = members;
            Unreachable = unreachable;
            SeenBy = seenBy;
            Leader = leader;
            _roleLeaderMap = roleLeaderMap;
        }

        public ImmutableSortedSet<Member> Members { get; }

        public ImmutableHashSet<Member> Unreachable { get; }

        public ImmutableHashSet<Address> SeenBy { get; }

        /// <summary>Null when nobody leads.</summary>
        public Address? Leader { get; }

        public ImmutableHashSet<string> AllRoles => _roleLeaderMap.Keys.ToImmutableHashSet();

        /// <summary>Whether a rolling update is going on.</summary>
        public bool HasMoreThanOneAppVersion => Members.Select(m => m.AppVersion).Distinct().Skip(1).Any();

        internal ImmutableDictionary<string, Address?> RoleLeaders => _roleLeaderMap;

        public Address? RoleLeader(string role) => _roleLeaderMap.GetValueOrDefault(role);

        public CurrentClusterState Copy(
            ImmutableSortedSet<Member>? members = null,
            ImmutableHashSet<Member>? unreachable = null,
            ImmutableHashSet<Address>? seenBy = null,
            Address? leader = null,
            ImmutableDictionary<string, Address?>? roleLeaderMap = null) =>
            new(members ?? Members, unreachable ?? Unreachable, seenBy ?? SeenBy, leader ?? Leader, roleLeaderMap ?? _roleLeaderMap);
    }

    /// <summary>A member came into a status.</summary>
    public abstract class MemberStatusChange : IMemberEvent
    {
        protected readonly Member _member;

        /// <exception cref="ArgumentException">The member is not in the status that the event is about.</exception>
        protected MemberStatusChange(Member member, MemberStatus validStatus)
        {
            if (member.Status != validStatus)
                throw new ArgumentException($"Expected {validStatus} state, got: {member}", nameof(member));
            _member = member;
        }

        public Member Member => _member;

        public override bool Equals(object? obj) =>
            obj is MemberStatusChange other && other.GetType() == GetType() && _member.Equals(other._member) && _member.Status == other._member.Status;

        public override int GetHashCode() => HashCode.Combine(GetType(), _member);

        public override string ToString() => $"{GetType().Name}(Member={Member})";
    }

    /// <summary>A new member is joining.</summary>
    public sealed class MemberJoined : MemberStatusChange
    {
        public MemberJoined(Member member) : base(member, MemberStatus.Joining) { }
    }

    /// <summary>A member is up: all have seen it.</summary>
    public sealed class MemberUp : MemberStatusChange
    {
        public MemberUp(Member member) : base(member, MemberStatus.Up) { }
    }

    /// <summary>A member was let in although not all can be reached.</summary>
    public sealed class MemberWeaklyUp : MemberStatusChange
    {
        public MemberWeaklyUp(Member member) : base(member, MemberStatus.WeaklyUp) { }
    }

    /// <summary>A member is leaving.</summary>
    public sealed class MemberLeft : MemberStatusChange
    {
        public MemberLeft(Member member) : base(member, MemberStatus.Leaving) { }
    }

    /// <summary>A leaving member was let go and finishes its work.</summary>
    public sealed class MemberExited : MemberStatusChange
    {
        public MemberExited(Member member) : base(member, MemberStatus.Exiting) { }
    }

    /// <summary>A member was declared dead.</summary>
    public sealed class MemberDowned : MemberStatusChange
    {
        public MemberDowned(Member member) : base(member, MemberStatus.Down) { }
    }

    /// <summary>A member is no longer part of the cluster.</summary>
    public sealed class MemberRemoved : MemberStatusChange
    {
        /// <exception cref="ArgumentException">Members are removed only when they were down or exiting, never when already removed.</exception>
        public MemberRemoved(Member member, MemberStatus previousStatus) : base(member, MemberStatus.Removed)
        {
            PreviousStatus = previousStatus;
        }

        /// <summary>Down after a crash, Exiting after leaving.</summary>
        public MemberStatus PreviousStatus { get; }

        public override bool Equals(object? obj) => base.Equals(obj) && PreviousStatus == ((MemberRemoved)obj!).PreviousStatus;

        public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), PreviousStatus);

        public override string ToString() => $"MemberRemoved(Member={Member}, PreviousStatus={PreviousStatus})";
    }

    /// <summary>The leader of the cluster is another, or there is none (null).</summary>
    public sealed class LeaderChanged : IClusterDomainEvent
    {
        public LeaderChanged(Address? leader) => Leader = leader;

        public Address? Leader { get; }

        public override bool Equals(object? obj) => obj is LeaderChanged other && Equals(Leader, other.Leader);

        public override int GetHashCode() => Leader?.GetHashCode() ?? 0;

        public override string ToString() => $"LeaderChanged(NewLeader={Leader})";
    }

    /// <summary>The first of the members with a role is another, or there is none (null).</summary>
    public sealed class RoleLeaderChanged : IClusterDomainEvent
    {
        public RoleLeaderChanged(string role, Address? leader)
        {
            Role = role;
            Leader = leader;
        }

        public Address? Leader { get; }

        public string Role { get; }

        public override bool Equals(object? obj) => obj is RoleLeaderChanged other && Role == other.Role && Equals(Leader, other.Leader);

        public override int GetHashCode() => HashCode.Combine(Role, Leader);

        public override string ToString() => $"RoleLeaderChanged(Leader={Leader}, Role={Role})";
    }

    /// <summary>The cluster part of this actor system stops; the last event.</summary>
    public sealed class ClusterShuttingDown : IClusterDomainEvent
    {
        public static readonly IClusterDomainEvent Instance = new ClusterShuttingDown();

        private ClusterShuttingDown() { }

        public override string ToString() => "ClusterShuttingDown";
    }

    /// <summary>What the cluster thinks of the reach of a member has changed.</summary>
    public abstract class ReachabilityEvent : IReachabilityEvent
    {
        protected ReachabilityEvent(Member member) => Member = member;

        public Member Member { get; }

        public override bool Equals(object? obj) => obj is ReachabilityEvent other && other.GetType() == GetType() && Member.Equals(other.Member);

        public override int GetHashCode() => HashCode.Combine(GetType(), Member);

        public override string ToString() => $"{GetType().Name}(Member={Member})";
    }

    /// <summary>Somebody's failure detector suspects the member.</summary>
    public sealed class UnreachableMember : ReachabilityEvent
    {
        public UnreachableMember(Member member) : base(member) { }
    }

    /// <summary>All that suspected the member can reach it again.</summary>
    public sealed class ReachableMember : ReachabilityEvent
    {
        public ReachableMember(Member member) : base(member) { }
    }

    /// <summary>Who has seen the current version. Internal to the cluster and its downing provider.</summary>
    internal sealed record SeenChanged(bool Convergence, ImmutableHashSet<Address> SeenBy) : IClusterDomainEvent;

    /// <summary>The reachability table. Internal to the cluster and its downing provider.</summary>
    internal sealed record ReachabilityChanged(Reachability Reachability) : IClusterDomainEvent;
}
