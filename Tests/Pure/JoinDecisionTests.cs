using Akka.Actor;
using Mooring.Actors.Membership;
using Mooring.Messages;

namespace Mooring.Tests.Pure;

public class JoinDecisionTests
{
    private static readonly Address One = Node(1);
    private static readonly Address Two = Node(2);
    private static readonly TimeSpan Now = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_node_joins_whichever_seed_is_in_a_cluster() =>
        Assert.Equal(new JoinStep.Join(Two), Decide((One, Alone()), (Two, Inside())));

    [Fact]
    public void Of_several_the_first_by_address_so_that_nodes_that_start_together_join_the_same() =>
        Assert.Equal(new JoinStep.Join(One), Decide((Two, Inside()), (One, Inside())));

    [Fact]
    public void When_nobody_listens_elsewhere_or_is_in_a_cluster_one_may_be_founded() =>
        Assert.IsType<JoinStep.Found>(Decide((One, Refuses()), (Two, Alone())));

    [Fact]
    public void A_node_of_its_own_founds_its_cluster() => Assert.IsType<JoinStep.Found>(Decide());

    [Fact]
    public void Who_has_not_been_heard_of_yet_is_waited_for() => Assert.IsType<JoinStep.Wait>(Decide((One, null), (Two, Alone())));

    [Fact]
    public void A_seed_that_is_silent_may_be_in_a_cluster() => Assert.IsType<JoinStep.Wait>(Decide((One, new SeedView(PeerAnswer.Silent, null, Now))));

    [Fact]
    public void Who_listens_and_has_not_answered_is_waited_for() => Assert.IsType<JoinStep.Wait>(Decide((One, new SeedView(PeerAnswer.Accepts, null, Now))));

    [Fact]
    public void After_a_while_silence_is_passed_over() =>
        Assert.IsType<JoinStep.Found>(JoinDecision.Decide(new Dictionary<Address, SeedView?> { [One] = null }, TimeSpan.Zero, patient: false, settled: false));

    [Fact]
    public void What_was_learnt_before_the_lease_was_held_does_not_count()
    {
        var seeds = new Dictionary<Address, SeedView?> { [One] = Alone(), [Two] = Refuses() };

        Assert.IsType<JoinStep.Wait>(JoinDecision.Decide(seeds, Now + TimeSpan.FromMilliseconds(1), patient: true, settled: false));
    }

    [Fact]
    public void Of_two_clusters_the_one_with_the_latest_owner_is_joined() =>
        Assert.Equal(new JoinStep.Join(Two), Decide((One, Inside(4)), (Two, Inside(5))));

    [Fact]
    public void A_cluster_with_an_owner_comes_before_one_without() =>
        Assert.Equal(new JoinStep.Join(Two), Decide((One, Inside()), (Two, Inside(1))));

    [Fact]
    public void Before_one_is_joined_the_others_have_a_moment_to_answer()
    {
        var seeds = new Dictionary<Address, SeedView?> { [One] = Inside(4), [Two] = null };

        Assert.IsType<JoinStep.Wait>(JoinDecision.Decide(seeds, Now - TimeSpan.FromSeconds(1), patient: true, settled: false));
        Assert.Equal(new JoinStep.Join(One), JoinDecision.Decide(seeds, Now - TimeSpan.FromSeconds(1), patient: true, settled: true));
    }

    private static JoinStep Decide(params (Address Seed, SeedView? View)[] seeds) =>
        JoinDecision.Decide(seeds.ToDictionary(s => s.Seed, s => s.View), Now - TimeSpan.FromSeconds(1), patient: true, settled: false);

    private static SeedView Inside(int? epoch = null) => new(PeerAnswer.Accepts, true, Now, epoch is { } value ? new Epoch(value) : null);

    private static SeedView Alone() => new(PeerAnswer.Accepts, false, Now);

    private static SeedView Refuses() => new(PeerAnswer.Refuses, null, Now);

    private static Address Node(int number) => new("akka.tcp", "mooring", $"10.0.0.{number}", 4053);
}
