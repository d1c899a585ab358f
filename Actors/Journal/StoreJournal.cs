using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Journal;

/// <summary>
/// A journal plugin on the block store itself (<see cref="IEventLog"/>), so that no other server is needed. An append that does not
/// follow the stream's latest event fails its actor: that is what stops a stale incarnation.
/// </summary>
public sealed class StoreJournal : AsyncWriteJournal
{
    private readonly IEventLog _log = EventLogExtension.Get(Context.System);
    private readonly ExtendedActorSystem _system = (ExtendedActorSystem)Context.System;
    private readonly CancellationTokenSource _stopped = new();
    private int _shutOut;

    /// <summary>Made by Akka.Persistence.</summary>
    /// <param name="config">The plugin's configuration.</param>
    public StoreJournal(Config config) => ArgumentNullException.ThrowIfNull(config);

    /// <inheritdoc/>
    public override async Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        if (max <= 0)
            return;
        await foreach (var (number, bytes) in _log.ReadAsync(persistenceId, fromSequenceNr, toSequenceNr, max, _stopped.Token).ConfigureAwait(false))
            recoveryCallback(EventEnvelope.Representation(_system, persistenceId, number, bytes));
    }

    /// <inheritdoc/>
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token, cancellationToken);
        return await _log.GetHighestNumberAsync(persistenceId, either.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        // All are begun before any is waited for: the log writes what waits together in one go, and refuses what follows a refused one.
        var writes = messages.Select(write => (Write: write, Appended: AppendAsync(write))).ToList();
        try
        {
            await Task.WhenAll(writes.Select(w => w.Appended)).ConfigureAwait(false);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Fenced)
        {
            // It stays so, and every write says it again.
            if (Interlocked.Exchange(ref _shutOut, 1) == 0)
                _system.EventStream.Publish(JournalShutOut.Instance);
            throw;
        }
        foreach (var (write, appended) in writes)
        {
            if (!await appended.ConfigureAwait(false))
            {
                throw new BlockStoreException(
                    ErrorKind.Fenced, $"event {write.LowestSequenceNr} of {write.PersistenceId} exists already or leaves a gap: another incarnation writes it");
            }
        }
        return null!;
    }

    private Task<bool> AppendAsync(AtomicWrite write)
    {
        var events = (IImmutableList<IPersistentRepresentation>)write.Payload;
        var bytes = events.Select(e => (ReadOnlyMemory<byte>)EventEnvelope.Write(_system, e.Payload, e.WriterGuid, e.Timestamp)).ToList();
        return _log.AppendAsync(write.PersistenceId, write.LowestSequenceNr, bytes, _stopped.Token);
    }

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _log.DeleteAsync(persistenceId, toSequenceNr, _stopped.Token);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        base.PostStop();
    }
}

/// <summary>This node's connection for the journal has been shut out of the block store for good: nothing that it persists is taken any more.</summary>
internal sealed record JournalShutOut : INoSerializationVerificationNeeded
{
    /// <summary>The event.</summary>
    public static JournalShutOut Instance { get; } = new();
}
