using Akka.Actor;
using Mooring.Messages;

namespace Mooring.Actors.Membership;

/// <summary>What is known of a node that may be in a cluster already.</summary>
/// <param name="Answer">What its endpoint did with a connection.</param>
/// <param name="InCluster">What it said of itself; null when it has said nothing.</param>
/// <param name="At">When, on one clock.</param>
/// <param name="VipEpoch">The epoch of the owner of the virtual IP in its cluster; null when it knows of none there.</param>
public sealed record SeedView(PeerAnswer Answer, bool? InCluster, TimeSpan At, Epoch? VipEpoch = null);

/// <summary>What a node that is in no cluster does next.</summary>
public abstract record JoinStep
{
    private JoinStep()
    {
    }

    /// <summary>Asks again.</summary>
    public sealed record Wait : JoinStep;

    /// <summary>Joins the cluster of a node.</summary>
    /// <param name="Contact">The node.</param>
    public sealed record Join(Address Contact) : JoinStep;

    /// <summary>Nobody is in a cluster: whoever gets the lease may found one.</summary>
    public sealed record Found : JoinStep;
}

/// <summary>
/// Which cluster a node joins, or whether it may found one. Pure. What keeps two nodes from founding one each is the lease behind the virtual IP,
/// which the founder must have, and under which it looks again; see <see cref="JoinActor"/>.
/// </summary>
public static class JoinDecision
{
    /// <summary>Decides.</summary>
    /// <param name="seeds">What is known of each other seed; null when nothing is.</param>
    /// <param name="since">Only what was learnt after this counts.</param>
    /// <param name="patient">Whether seeds that are silent may still come; afterwards they are passed over.</param>
    /// <param name="settled">Whether the first that is in a cluster has been known for long enough that others would be, too.</param>
    /// <returns>The next step.</returns>
    public static JoinStep Decide(IReadOnlyDictionary<Address, SeedView?> seeds, TimeSpan since, bool patient, bool settled)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        var known = seeds.Where(s => s.Value is { } view && view.At >= since).ToDictionary(s => s.Key, s => s.Value!);
        var answered = known.Values.Count(view => view.Answer == PeerAnswer.Refuses || view.InCluster is not null);
        // Where membership has come apart, each part takes itself for the cluster: the latest owner's is the one that lives.
        if (known.Where(s => s.Value.InCluster == true).OrderByDescending(s => s.Value.VipEpoch?.Value ?? 0).ThenBy(s => s.Key).Select(s => s.Key).FirstOrDefault() is { } contact)
            return answered == seeds.Count || settled ? new JoinStep.Join(contact) : new JoinStep.Wait();
        var alone = known.Values.Count(view => view.Answer == PeerAnswer.Refuses || view.InCluster == false);
        return alone == seeds.Count || !patient ? new JoinStep.Found() : new JoinStep.Wait();
    }
}
