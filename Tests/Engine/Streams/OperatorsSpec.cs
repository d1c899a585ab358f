using Akka.Streams;
using Akka.Streams.Dsl;

namespace Mooring.Tests.Engine.Streams;

/// <summary>Sources, operators and sinks.</summary>
public sealed class OperatorsSpec : StreamsTestKit
{
    [Fact]
    public async Task Sources_give_their_elements_in_order_as_often_as_they_are_run()
    {
        var source = Source.From([1, 2, 3]);
        Assert.Equal([1, 2, 3], await All(source));
        Assert.Equal([1, 2, 3], await All(source));
        Assert.Equal([7], await All(Source.Single(7)));
        Assert.Empty(await All(Source.Empty<int>()));
        Assert.Equal([5], await All(Source.FromTask(Task.FromResult(5))));
        Assert.Equal([4, 5], await All(Source.FromEnumerator(() => new List<int> { 4, 5 }.GetEnumerator() as IEnumerator<int>)));
    }

    [Fact]
    public async Task A_source_of_a_task_waits_for_it()
    {
        var late = new TaskCompletionSource<int>();
        var all = All(Source.FromTask(late.Task));
        late.SetResult(5);
        Assert.Equal([5], await all);
    }

    [Fact]
    public async Task Sinks_make_results_of_the_elements()
    {
        var source = Source.From([3, 1, 2]);
        Assert.Equal([3, 1, 2], await Soon(source.RunWith(Sink.Seq<int>(), Materializer)));
        Assert.Equal(3, await Soon(source.RunWith(Sink.First<int>(), Materializer)));
        Assert.Equal(3, await Soon(source.RunWith(Sink.FirstOrDefault<int>(), Materializer)));
        Assert.Equal(0, await Soon(Source.Empty<int>().RunWith(Sink.FirstOrDefault<int>(), Materializer)));
        Assert.Equal(6, await Soon(source.RunWith(Sink.Aggregate<int, int>(0, (sum, n) => sum + n), Materializer)));
        Assert.Equal("312", await Soon(source.RunAggregate("", (text, n) => text + n, Materializer)));
        await Soon(source.RunWith(Sink.Ignore<int>(), Materializer));
        var seen = new List<int>();
        await Soon(source.RunForeach(seen.Add, Materializer));
        Assert.Equal([3, 1, 2], seen);
        Assert.Equal("3 of 3", await Soon(source.RunWith(Sink.Seq<int>().MapMaterializedValue(async all => $"{(await all).Count} of 3"), Materializer)));
    }

    [Fact]
    public async Task The_first_of_nothing_is_a_failure()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => Soon(Source.Empty<int>().RunWith(Sink.First<int>(), Materializer)));
        Assert.Contains("empty stream", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operators_change_and_choose_elements()
    {
        var source = Source.From(Enumerable.Range(1, 7));
        Assert.Equal(["1", "2", "3"], await All(source.Select(n => n.ToString()).Take(3)));
        Assert.Equal([2, 4, 6], await All(source.Where(n => n % 2 == 0)));
        Assert.Equal([6, 7], await All(source.Skip(5)));
        Assert.Equal([6, 7], await All(source.Skip(5)));
        Assert.Equal(7, (await All(source.Skip(-1))).Count);
        Assert.Empty(await All(source.Take(0)));
        Assert.Equal([1, 2], await All(source.TakeWhile(n => n < 3)));
        Assert.Equal([1, 2, 3], await All(source.TakeWhile(n => n < 3, inclusive: true)));
        Assert.Equal([1, 2, 2, 3, 3, 3], await All(source.Take(3).SelectMany(n => Enumerable.Repeat(n, n))));
        Assert.Empty(await All(source.SelectMany(_ => Array.Empty<int>())));
        Assert.Equal([[1, 2, 3], [4, 5, 6], [7]], (await All(source.Grouped(3))).Select(g => g.ToArray()));
        Assert.Empty(await All(Source.Empty<int>().Grouped(3)));
    }

    [Fact]
    public async Task Work_that_takes_time_runs_side_by_side_up_to_a_number_and_comes_out_in_order()
    {
        var gates = Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource()).ToArray();
        var probe = CreateTestProbe();
        var all = All(Source.From(Enumerable.Range(0, 5)).SelectAsync(3, async n =>
        {
            probe.Ref.Tell(n, TestActor);
            await gates[n].Task;
            return n;
        }));
        probe.ExpectMsg(0);
        probe.ExpectMsg(1);
        probe.ExpectMsg(2);
        gates[2].SetResult();
        gates[1].SetResult();
        Assert.False(probe.HasMessages);
        gates[0].SetResult();
        probe.ExpectMsg(3);
        probe.ExpectMsg(4);
        gates[4].SetResult();
        gates[3].SetResult();
        Assert.Equal([0, 1, 2, 3, 4], await all);
    }

    [Fact]
    public async Task A_run_gives_what_its_parts_give()
    {
        var source = Source.From([1, 2]).MapMaterializedValue(_ => "left");
        Assert.Equal("left", source.To(Sink.Ignore<int>()).Run(Materializer));
        Assert.Equal("left!", source.To(Sink.Ignore<int>()).MapMaterializedValue(text => text + "!").Run(Materializer));
        var (left, right) = source.ToMaterialized(Sink.Seq<int>(), Keep.Both).Run(Materializer);
        Assert.Equal("left", left);
        Assert.Equal([1, 2], await Soon(right));
        Assert.Equal(Akka.NotUsed.Instance, source.ToMaterialized(Sink.Ignore<int>(), Keep.None).Run(Materializer));
        Assert.Equal("left", source.Via(KillSwitches.Single<int>()).To(Sink.Ignore<int>()).Run(Materializer));
        // A sink of a more specific value serves as one of a more general value.
        IGraph<SinkShape<int>, Task> general = Sink.Ignore<int>();
        await source.RunWith(general, Materializer).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Elements_can_be_taken_one_at_a_time()
    {
        var numbers = new Numbers();
        var seen = new List<int>();
        await foreach (var number in numbers.Source.RunAsAsyncEnumerable(Materializer))
        {
            seen.Add(number);
            Assert.Equal(number, numbers.Read);
            if (number == 3)
                break;
        }
        Assert.Equal([1, 2, 3], seen);
        AwaitCondition(() => numbers.Left == 1, TimeSpan.FromSeconds(30), "the source is left");

        var few = Source.From([1, 2]).RunAsAsyncEnumerable(Materializer);
        Assert.Equal([1, 2], await few.ToListAsync());
        Assert.Equal([1, 2], await few.ToListAsync());
        await Assert.ThrowsAsync<ArithmeticException>(async () => await Source.Failed<int>(new ArithmeticException()).RunAsAsyncEnumerable(Materializer).ToListAsync());
    }

    [Fact]
    public async Task Whoever_waits_for_the_next_element_can_give_up()
    {
        var never = new TaskCompletionSource<int>();
        using var cancellation = new CancellationTokenSource();
        var elements = Source.FromTask(never.Task).RunAsAsyncEnumerable(Materializer).GetAsyncEnumerator(cancellation.Token);
        var next = elements.MoveNextAsync().AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(next));
    }
}
