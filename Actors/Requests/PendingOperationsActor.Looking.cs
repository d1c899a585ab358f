using Akka.Actor;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Actors.Requests;

/// <content>What is looked up in the store before a request is accepted: which images it is about, and whether a quota lets it through.</content>
public sealed partial class PendingOperationsActor
{
    private readonly Dictionary<OperationId, Growth> _entering = [];
    private IReadOnlyDictionary<(string Pool, string Namespace), Quota>? _quotas;
    private int _quotasVersion;

    // They are read anew when the next request needs them.
    private void ForgetQuotas() => (_quotas, _quotasVersion) = (null, _quotasVersion + 1);

    // Which images a request is about is known once it is accepted, whatever has their names later. Where earlier requests are open they decide that.
    private void Look(RequestAccepted accepted)
    {
        var (command, kind) = (accepted.Command, OperationCatalog.Of(accepted.Command));
        VolumeId? volume = kind.NamesImages && !kind.MakesVolume && _open.CountOf(command.Volume) == 0 ? command.Volume : null;
        VolumeId? source = kind.NamesImages && command.SourceVolume is { } named && _open.CountOf(named) == 0 ? named : null;
        var grows = kind.Grows && _quotas?.ContainsKey(PlaceOf(command)) != false;
        if (volume is null && source is null && !grows)
        {
            PersistAsync(accepted, OnAccepted);
            return;
        }
        var seen = new Seen(accepted, default, null, _quotas, _quotasVersion, grows ? _state.GrowthOpen : [], _state.Sequence);
        LookAsync(seen, volume, source, grows).PipeTo(Self, success: found => found, failure: e => seen with { Problem = e });
    }

    private async Task<Seen> LookAsync(Seen seen, VolumeId? volume, VolumeId? source, bool grows)
    {
        async Task<string?> IdAsync(VolumeId? named) => named is { } name ? (await _store.FindAsync(name, default))?.Value : null;
        var command = seen.Accepted.Command;
        seen = seen with { Images = new AcceptedImages(await IdAsync(volume), await IdAsync(source)) };
        if (!grows)
            return seen;
        seen = seen with { Quotas = seen.Quotas ?? await Quotas.ListAsync(_store, default) };
        if (!seen.Quotas.ContainsKey(PlaceOf(command)) || await OperationCatalog.Of(command).SizeAfterAsync(_store, command, default) is not { } size)
            return seen;
        return seen with { SizeAfter = size, Listed = await Quotas.UsedAsync(_store, command.Volume.Pool, command.Volume.Namespace, default) };
    }

    private void OnSeen(Seen seen)
    {
        var accepted = seen.Accepted;
        if (seen.QuotasVersion == _quotasVersion)
            _quotas ??= seen.Quotas;
        switch (seen.Problem?.GetBaseException())
        {
            case null when Exceeded(seen) is { } error:
                Accepted(accepted.Operation).Tell(new OperationFailed(accepted.RequestId, accepted.Operation, error));
                break;
            case null:
                accepted = accepted with { Images = seen.Images == default ? null : seen.Images, SizeAfter = seen.SizeAfter };
                if (seen.SizeAfter is { } size)
                    _entering[accepted.Operation] = new Growth(accepted.Command.Volume, size, OperationCatalog.Of(accepted.Command).MakesVolume);
                PersistAsync(accepted, OnAccepted);
                break;
            // There is no such pool: whoever carries it out says so.
            case BlockStoreException { Kind: ErrorKind.NotFound }:
                PersistAsync(accepted, OnAccepted);
                break;
            case var problem:
                Accepted(accepted.Operation).Tell(new OperationFailed(accepted.RequestId, accepted.Operation, new OperationError(
                    ErrorKind.Unavailable, $"the block store does not say what {accepted.Command.Volume} is: {problem.Message}")));
                break;
        }
    }

    // What else was accepted there counts, whether or not it was to be seen in the store; what has a quota is accepted by nobody else.
    private OperationError? Exceeded(Seen seen)
    {
        var command = seen.Accepted.Command;
        if (seen.SizeAfter is not { } size || seen.Quotas?.GetValueOrDefault(PlaceOf(command)) is not { } quota)
            return null;
        var there = _state.GrowthSince(seen.OpenThen, seen.SequenceThen).Concat(_entering.Values);
        return quota.Exceeded(
            new Growth(command.Volume, size, OperationCatalog.Of(command).MakesVolume), seen.Listed!, there.Where(g => PlaceOf(g.Volume) == PlaceOf(command)));
    }

    private static (string Pool, string Namespace) PlaceOf(VolumeCommand command) => PlaceOf(command.Volume);

    private static (string Pool, string Namespace) PlaceOf(VolumeId volume) => (volume.Pool, volume.Namespace);

    // OpenThen, SequenceThen: of the book before the store was looked at. Listed: the volumes of its place, where that has a quota.
    private sealed record Seen(
        RequestAccepted Accepted,
        AcceptedImages Images,
        Exception? Problem,
        IReadOnlyDictionary<(string Pool, string Namespace), Quota>? Quotas,
        int QuotasVersion,
        IReadOnlySet<OperationId> OpenThen,
        long SequenceThen) : INoSerializationVerificationNeeded
    {
        public long? SizeAfter { get; init; }

        public IReadOnlyDictionary<string, long>? Listed { get; init; }
    }
}
