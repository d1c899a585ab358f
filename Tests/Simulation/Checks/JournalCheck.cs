using System.Buffers.Binary;
using System.Text;
using Mooring.Actors.Serialization;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Tests.Simulation.Runs;
using Mooring.Tests.Simulation.Store;

namespace Mooring.Tests.Simulation.Checks;

/// <summary>
/// Reads every event as it enters the journal, and holds the store's effects against it: one writer of a stream after the other, epochs
/// that only rise, an effect only while its operation is under way, none twice, and at the end the volumes that the journal says.
/// </summary>
public sealed class JournalCheck
{
    private const int MooringSerializerId = 8470;

    private static readonly MooringSerializer Serializer = new(null!);

    private readonly SimulationRun _run;
    private readonly Dictionary<string, (string Current, HashSet<string> Before)> _writers = [];
    private readonly Dictionary<FenceAddress, OperationId> _workers = [];
    private readonly Dictionary<VolumeId, OperationId> _active = [];
    private readonly Dictionary<OperationId, Operation> _operations = [];
    private readonly SortedDictionary<string, Expected> _volumes = new(StringComparer.Ordinal);
    private Epoch _epoch;

    public JournalCheck(SimulationRun run)
    {
        _run = run;
        run.Ceph.Journal.Appended = OnAppended;
        run.Ceph.Effected = OnEffect;
    }

    private void OnAppended(string stream, long number, ReadOnlyMemory<byte> bytes)
    {
        var (payload, writer) = Read(bytes);
        CheckWriter(stream, number, writer);
        if (payload is not null)
            _run.World.Trace($"journal {stream} {number}: {payload}");
        switch (payload)
        {
            case OwnershipTaken taken:
                if (taken.Epoch.CompareTo(_epoch) <= 0)
                    _run.Violations.Add($"{stream} {number}: the owner with epoch {taken.Epoch} follows the one with {_epoch}");
                _epoch = taken.Epoch;
                break;
            case OperationStarted started:
                OnStarted(started);
                break;
            case OperationFinished finished:
                OnFinished(finished);
                break;
        }
    }

    private void CheckWriter(string stream, long number, string writer)
    {
        if (!_writers.TryGetValue(stream, out var writers))
            _writers[stream] = writers = (writer, []);
        if (writers.Current == writer)
            return;
        if (writers.Before.Contains(writer))
            _run.Violations.Add($"{stream} {number}: writer {writer} came back after {writers.Current} had taken over");
        writers.Before.Add(writers.Current);
        _writers[stream] = (writer, writers.Before);
    }

    private void OnStarted(OperationStarted started)
    {
        var volume = started.Command.Volume;
        if (_active.TryGetValue(volume, out var active) && active != started.Operation)
            _run.Violations.Add($"{volume}: {started.Operation} began while {active} was under way");
        if (!_operations.TryGetValue(started.Operation, out var operation))
            _operations[started.Operation] = operation = new Operation(started.Command);
        if (operation.Finished is not null)
            _run.Violations.Add($"{volume}: {started.Operation} began again after it had finished");
        _active[volume] = started.Operation;
        _workers[started.Worker] = started.Operation;
    }

    private void OnFinished(OperationFinished finished)
    {
        var volume = finished.Command.Volume;
        if (!_operations.TryGetValue(finished.Operation, out var operation))
            _operations[finished.Operation] = operation = new Operation(finished.Command);
        if (operation.Finished is not null)
            _run.Violations.Add($"{volume}: {finished.Operation} finished twice");
        operation.Finished = finished.Outcome;
        if (_active.TryGetValue(volume, out var active) && active == finished.Operation)
            _active.Remove(volume);
        if (!finished.Outcome.Succeeded)
        {
            if (operation.Effects.Count > 0 && !operation.IsUndone)
                _run.Violations.Add($"{volume}: {finished.Operation} failed ({finished.Outcome.Error}) and had an effect: {string.Join(", ", operation.Effects)}");
            return;
        }
        if (operation.Effects.Count == 0 && !HadSizeBefore(finished.Command))
        {
            _run.Violations.Add($"{volume}: {finished.Operation} succeeded without an effect");
            return;
        }
        Expect(finished, operation);
    }

    // An attempt after one in doubt that finds the size leaves it alone, whoever had set it.
    private bool HadSizeBefore(VolumeCommand command) =>
        command is ResizeVolume resize && _volumes.TryGetValue(resize.Volume.ToString(), out var present) && present.SizeBytes == resize.SizeBytes;

    private void Expect(OperationFinished finished, Operation operation)
    {
        var key = finished.Command.Volume.ToString();
        switch (finished.Command)
        {
            case CreateVolume create:
                _volumes[key] = new Expected(create.SizeBytes, operation.Effects[^1].Image.Value);
                break;
            case ResizeVolume resize when _volumes.TryGetValue(key, out var present):
                _volumes[key] = present with { SizeBytes = resize.SizeBytes };
                break;
            case DeleteVolume:
                _volumes.Remove(key);
                break;
            case CopyVolume:
                _volumes[key] = new Expected(finished.Outcome.Volume!.SizeBytes, finished.Outcome.Volume.Id);
                break;
        }
        if (finished.Outcome.Volume is { } volume && _volumes.TryGetValue(key, out var expected) && volume.Id != expected.Image)
            _run.Violations.Add($"{key}: {finished.Operation} says that its image is {volume.Id}, and it is {expected.Image}");
    }

    private void OnEffect(StoreEffect effect)
    {
        _run.World.Trace($"effect: {effect}");
        if (effect.Volume.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
            return;
        if (!_workers.TryGetValue(effect.By, out var id))
        {
            _run.Violations.Add($"{effect}: of no operation that is in the journal");
            return;
        }
        var operation = _operations[id];
        if (!_active.TryGetValue(effect.Volume, out var active) || active != id)
            _run.Violations.Add($"{effect}: of {id}, which is not under way ({(operation.Finished is null ? "it never began" : "it has finished")})");
        if (effect.Kind != operation.Command.Kind && !(effect.Kind == "volume.delete" && operation.Command is CreateVolume))
            _run.Violations.Add($"{effect}: of {id}, which is a {operation.Command.Kind}");
        operation.Effects.Add(effect);
        if (operation.Command is not ResizeVolume && operation.Effects.Count(e => e.Kind == operation.Command.Kind) > 1 && operation.Effects.All(e => e.Kind == operation.Command.Kind))
            _run.Violations.Add($"{effect}: the second effect of {id}");
    }

    /// <summary>Holds the store against the journal, when nothing is under way any more.</summary>
    public void CheckAtTheEnd()
    {
        foreach (var image in _run.Ceph.Images.Values)
        {
            if (image.Volume.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
                _run.Violations.Add($"{image.Volume} was left lying around");
            else if (image.Partial)
                _run.Violations.Add($"{image.Volume} is half made or half removed");
            else if (!_volumes.TryGetValue(image.Volume.ToString(), out var expected))
                _run.Violations.Add($"{image.Volume} ({image.Id}) exists, and by the journal it does not");
            else if (image.Id.Value != expected.Image || image.SizeBytes != expected.SizeBytes)
                _run.Violations.Add($"{image.Volume} is {image.Id} of {image.SizeBytes} bytes, and by the journal {expected.Image} of {expected.SizeBytes}");
            if (image.Content.EndsWith("-torn", StringComparison.Ordinal))
                _run.Violations.Add($"{image.Volume} was copied while its source changed");
        }
        foreach (var (name, expected) in _volumes.Where(v => !_run.Ceph.Images.ContainsKey(v.Key)))
            _run.Violations.Add($"{name} ({expected.Image}) does not exist, and by the journal it does");
        foreach (var (request, id, _, view) in _run.History.Accepted())
        {
            if (view is null)
                _run.Violations.Add($"{request} was accepted as {id} and has no result");
            else if (!_operations.TryGetValue(id, out var operation) || operation.Finished is not { } outcome)
                _run.Violations.Add($"{request} ended as {view.State}, and no volume's journal says so");
            else if (outcome.Succeeded != (view.State == OperationState.Succeeded) || outcome.Error?.Kind != view.Error?.Kind)
                _run.Violations.Add($"{request} ended as {view.State} {view.Error}, and its volume's journal says {outcome.Error?.ToString() ?? "success"}");
        }
    }

    // As Actors/Journal/EventEnvelope.cs writes it.
    private static (object? Payload, string Writer) Read(ReadOnlyMemory<byte> bytes)
    {
        var serializer = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[1..]);
        using var input = new BinaryReader(new MemoryStream(bytes[13..].ToArray()), Encoding.UTF8);
        var manifest = input.ReadString();
        var writer = input.ReadString();
        var body = input.ReadBytes((int)(input.BaseStream.Length - input.BaseStream.Position));
        return (serializer == MooringSerializerId ? Serializer.FromBinary(body, manifest) : null, writer);
    }

    private sealed class Operation(VolumeCommand command)
    {
        public VolumeCommand Command { get; } = command;

        public List<StoreEffect> Effects { get; } = [];

        public OperationOutcome? Finished { get; set; }

        // A create that removed what it had made.
        public bool IsUndone => Command is CreateVolume && Effects[^1].Kind == "volume.delete";
    }

    private sealed record Expected(long SizeBytes, string Image);
}
