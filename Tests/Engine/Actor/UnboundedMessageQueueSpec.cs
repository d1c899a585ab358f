using Akka.Actor;
using Akka.Dispatch.MessageQueues;

namespace Mooring.Tests.Engine.Actor;

/// <summary>The queue behind every ordinary mailbox: many put in, one takes out.</summary>
public class UnboundedMessageQueueSpec
{
    private readonly UnboundedMessageQueue _queue = new();

    [Fact]
    public void A_queue_that_never_got_a_message_is_empty()
    {
        Assert.False(_queue.HasMessages);
        Assert.Equal(0, _queue.Count);
        Assert.False(_queue.TryDequeue(out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(100_000)]
    public void Messages_come_out_in_the_order_in_which_they_went_in(int count)
    {
        for (var i = 0; i < count; i++)
            Put(i);

        Assert.Equal(count, _queue.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.True(_queue.HasMessages);
            Assert.Equal(i, Take());
        }
        Assert.False(_queue.HasMessages);
        Assert.False(_queue.TryDequeue(out _));
    }

    [Fact]
    public void A_queue_that_is_emptied_again_and_again_keeps_the_order()
    {
        var (next, expected) = (0, 0);
        for (var round = 1; round < 200; round++)
        {
            for (var i = 0; i < round; i++)
                Put(next++);
            for (var i = 0; i < round - (round % 3); i++)
                Assert.Equal(expected++, Take());
        }

        while (expected < next)
            Assert.Equal(expected++, Take());
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_message_keeps_its_sender()
    {
        _queue.Enqueue(ActorRefs.Nobody, new Envelope("asked", ActorRefs.Nobody));
        _queue.Enqueue(ActorRefs.Nobody, new Envelope("told", null));

        Assert.True(_queue.TryDequeue(out var asked));
        Assert.Same(ActorRefs.Nobody, asked.Sender);
        Assert.True(_queue.TryDequeue(out var told));
        Assert.Null(told.Sender);
    }

    [Fact]
    public void Of_many_that_put_in_at_the_same_time_each_keeps_its_order_and_nothing_is_lost()
    {
        const int Senders = 6;
        const int Each = 50_000;
        using var begin = new Barrier(Senders + 1);
        var senders = Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            begin.SignalAndWait();
            for (var i = 0; i < Each; i++)
                _queue.Enqueue(ActorRefs.Nobody, new Envelope((sender, i), null));
        })).ToList();
        senders.ForEach(sender => sender.Start());
        begin.SignalAndWait();

        var next = new int[Senders];
        for (var taken = 0; taken < Senders * Each;)
        {
            if (!_queue.TryDequeue(out var envelope))
            {
                Thread.Yield();
                continue;
            }
            var (sender, number) = ((int, int))envelope.Message;
            Assert.Equal(next[sender]++, number);
            taken++;
        }

        senders.ForEach(sender => sender.Join());
        Assert.False(_queue.HasMessages);
        Assert.False(_queue.TryDequeue(out _));
    }

    private void Put(int number) => _queue.Enqueue(ActorRefs.Nobody, new Envelope(number, null));

    private int Take() => _queue.TryDequeue(out var envelope) ? (int)envelope.Message : -1;
}
