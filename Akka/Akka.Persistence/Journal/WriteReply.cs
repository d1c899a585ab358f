using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence.Journal;

/// <summary>The answer to one request to write: first how the request went, then each of its events.</summary>
internal sealed class WriteReply(WriteMessages message, IImmutableList<Exception?> rejections, Exception? failure) : OrderedReply
{
    private readonly IPersistentEnvelope[] _envelopes = message.Envelopes;

    public override void Send()
    {
        var target = message.PersistentActor;
        var id = message.ActorInstanceId;
        var writeCount = WriteCount();
        var cause = failure;
        if (cause is null && rejections.Count != 0 && rejections.Count != writeCount)
            cause = new InvalidOperationException(
                $"AsyncWriteMessages return invalid number or results. Expected [{writeCount}], but got [{rejections.Count}].");
        target.Tell(cause is null ? WriteMessagesSuccessful.Instance : new WriteMessagesFailed(cause, writeCount), ActorRefs.NoSender);
        var index = 0;
        foreach (var envelope in _envelopes)
        {
            if (envelope is not AtomicWrite atomicWrite)
            {
                target.Tell(new LoopMessageSuccess(envelope.Payload, id), envelope.Sender!);
                continue;
            }

            var rejection = cause is null && rejections.Count > 0 ? rejections[index] : null;
            index++;
            for (var i = 0; i < atomicWrite.Size; i++)
            {
                var p = atomicWrite[i];
                object reply = cause is not null ? new WriteMessageFailure(p, cause, id)
                    : rejection is not null ? new WriteMessageRejected(p, rejection, id)
                    : new WriteMessageSuccess(p, id);
                target.Tell(reply, p.Sender!);
            }
        }
    }

    private int WriteCount()
    {
        var count = 0;
        foreach (var envelope in _envelopes)
        {
            if (envelope is AtomicWrite)
                count++;
        }

        return count;
    }
}
