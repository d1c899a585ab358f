using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// One kind of operation, described once: its command, what it is called everywhere, what may be asked, what it looks at, what it does and how
/// an attempt in doubt is settled. Command line, HTTP, console, client library, journal and documentation are derived from it.
/// </summary>
/// <param name="kind">Its stable name, such as <c>volume.resize</c>; as words it is the verb of the command line.</param>
/// <param name="summary">What it does, in one sentence.</param>
/// <param name="route">Its HTTP method and path, such as <c>PATCH /v1/volumes/{volume}</c>; parameters in braces stand in the path.</param>
public abstract class Operation(string kind, string summary, string route)
{
    private readonly List<Parameter> _parameters = [];

    /// <summary>Its stable name, such as <c>volume.resize</c>.</summary>
    public string Kind => kind;

    /// <summary>What it does, in one sentence.</summary>
    public string Summary => summary;

    /// <summary>Its HTTP method and path.</summary>
    public HttpRoute Route { get; } = HttpRoute.Parse(route);

    /// <summary>The type of its command.</summary>
    public abstract Type CommandType { get; }

    /// <summary>What its command says, in the order in which people name it.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Whether it may go on while other operations read its volume. What may not waits for them.</summary>
    public virtual bool GoesBesideReaders => false;

    /// <summary>Whether it changes the volume that it reads, so that no other operation may read that meanwhile.</summary>
    public virtual bool ChangesSource => false;

    /// <summary>Whether it makes its volume, whose name must be free then; otherwise there must be one.</summary>
    public virtual bool MakesVolume => false;

    /// <summary>Whether it may be about a volume of which parts are missing.</summary>
    public virtual bool TakesDamaged => false;

    /// <summary>Whether the names of its volume and its source are those of images: the request is about what has them when it is accepted.</summary>
    public virtual bool NamesImages => true;

    /// <summary>
    /// Whether it may touch what it does not name: the images of a group, a migration's source, all that the holder of a lock does, a bound that somebody else
    /// has set. Then it is only for those who may go everywhere.
    /// </summary>
    public virtual bool TouchesMore => false;

    /// <summary>Whether an attempt that runs ends at its next step when the operation is cancelled. Others are cancelled before they begin, or not at
    /// all.</summary>
    public virtual bool CanBeStopped => false;

    /// <summary>Whether the client sends bytes while it runs, to the node that carries it out (<see cref="Uploads"/>).</summary>
    public virtual bool TakesContent => false;

    /// <summary>Which of its parameters says how many bytes those are, if one does.</summary>
    public virtual Parameter<long>? ContentSize => null;

    /// <summary>Whether its volume may be larger afterwards, or there may be one more: what quotas limit.</summary>
    public virtual bool Grows => MakesVolume;

    /// <summary>Whether it changes a quota.</summary>
    public virtual bool ChangesQuotas => false;

    /// <summary>The size that its volume will have, as far as the store shows that before it begins.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="command">The command, of a kind that <see cref="Grows"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The size in bytes; null when the operation will come to nothing.</returns>
    public abstract Task<long?> SizeAfterAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken);

    /// <summary>Makes the command.</summary>
    /// <param name="given">A value for each required parameter at least.</param>
    /// <returns>The command, which may still be invalid.</returns>
    /// <exception cref="FormatException">A required parameter is missing.</exception>
    public abstract VolumeCommand Make(Given given);

    /// <summary>What is wrong with a command by itself; checked before it is accepted.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The error, or null.</returns>
    public abstract OperationError? Invalid(VolumeCommand command);

    /// <summary>Looks at what the operation is about, by cheap reads.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What the store shows.</returns>
    /// <exception cref="BlockStoreException">The store does not answer, or refuses.</exception>
    public abstract Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken);

    /// <summary>What the store's present state forbids, before the first attempt.</summary>
    /// <param name="command">The command.</param>
    /// <param name="seen">What the store shows.</param>
    /// <returns>The error, or null when it may begin.</returns>
    public abstract OperationError? Forbids(VolumeCommand command, VolumeObservation seen);

    /// <summary>Makes the operation take effect, exactly once whatever earlier attempts did.</summary>
    /// <param name="context">The attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="BlockStoreException">With a kind that leaves it in doubt, or that is its result.</exception>
    public abstract Task<AttemptResult> RunAsync(AttemptContext context, VolumeCommand command);

    /// <summary>Removes what the attempts of an ended operation left, after shutting all of them out but the store's own connection.</summary>
    /// <param name="context">The last attempt.</param>
    /// <param name="command">The command.</param>
    /// <returns>Completes when nothing is left.</returns>
    public virtual Task CleanUpAsync(AttemptContext context, VolumeCommand command) => Task.CompletedTask;

    /// <inheritdoc/>
    public override string ToString() => Kind;

    private protected T Add<T>(T parameter)
        where T : Parameter
    {
        _parameters.Add(parameter);
        return parameter;
    }
}

/// <summary>An operation with its own type of command.</summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <inheritdoc/>
public abstract class Operation<TCommand>(string kind, string summary, string route) : Operation(kind, summary, route)
    where TCommand : VolumeCommand
{
    /// <inheritdoc/>
    public sealed override Type CommandType => typeof(TCommand);

    /// <inheritdoc/>
    public sealed override OperationError? Invalid(VolumeCommand command) =>
        Parameters.Select(p => p.Invalid(command)).FirstOrDefault(p => p is not null) is { } problem
            ? OperationErrors.Wrong(problem)
            : Invalid((TCommand)command);

    /// <inheritdoc/>
    public sealed override Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken) =>
        ObserveAsync(store, (TCommand)command, cancellationToken);

    /// <inheritdoc/>
    public sealed override OperationError? Forbids(VolumeCommand command, VolumeObservation seen) => Forbids((TCommand)command, seen);

    /// <inheritdoc/>
    public sealed override Task<AttemptResult> RunAsync(AttemptContext context, VolumeCommand command) => RunAsync(context, (TCommand)command);

    /// <inheritdoc/>
    public sealed override Task<long?> SizeAfterAsync(IBlockStore store, VolumeCommand command, CancellationToken cancellationToken) =>
        SizeAfterAsync(store, (TCommand)command, cancellationToken);

    /// <inheritdoc cref="Operation.SizeAfterAsync"/>
    protected virtual async Task<long?> SizeAfterAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken) =>
        command.SourceVolume is { } source ? (await store.TryGetAsync(source, cancellationToken))?.SizeBytes : null;

    /// <summary>What is wrong with a command beyond its single parameters.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The error, or null.</returns>
    protected virtual OperationError? Invalid(TCommand command) => null;

    /// <inheritdoc cref="Operation.ObserveAsync"/>
    protected virtual async Task<VolumeObservation> ObserveAsync(IBlockStore store, TCommand command, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync(command.Volume, cancellationToken);
        var source = command.SourceVolume is { } named ? await store.FindAsync(named, cancellationToken) : null;
        return new VolumeObservation(found?.Value, null, source?.Value)
        {
            Damage = found is null ? null : await store.ExamineAsync(command.Volume, cancellationToken),
            SourceDamage = source is null ? null : await store.ExamineAsync(command.SourceVolume!.Value, cancellationToken),
        };
    }

    /// <inheritdoc cref="Operation.Forbids"/>
    protected virtual OperationError? Forbids(TCommand command, VolumeObservation seen) =>
        command.SourceVolume is { } source && seen.SourceImageId is null ? OperationErrors.Missing(source)
        : seen.SourceDamage is { } sourceDamage ? OperationErrors.Damaged(command.SourceVolume!.Value, sourceDamage)
        : MakesVolume && seen.ImageId is not null ? OperationErrors.Exists(command.Volume, seen.Damage)
        : !MakesVolume && seen.ImageId is null ? OperationErrors.Missing(command.Volume)
        : !TakesDamaged && seen.Damage is { } damage ? OperationErrors.Damaged(command.Volume, damage)
        : null;

    /// <inheritdoc cref="Operation.RunAsync"/>
    protected abstract Task<AttemptResult> RunAsync(AttemptContext context, TCommand command);

    /// <summary>A volume: a positional argument.</summary>
    /// <param name="name">Its name on a command line.</param>
    /// <param name="get">Reads it from a command.</param>
    /// <param name="jsonName">Its name in journals, where that is another one.</param>
    /// <param name="flat">Whether its parts are members of the HTTP body itself.</param>
    /// <param name="help">What it is, when that is not a volume.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<VolumeId> Volume(string name, Func<TCommand, VolumeId> get, string? jsonName = null, bool flat = false, string? help = null) =>
        Add(new VolumeParameter(name, help ?? VolumeParameter.Meaning, command => get((TCommand)command))
        {
            JsonName = jsonName ?? name,
            HttpName = flat ? "" : name,
        });

    /// <summary>A text: a positional argument.</summary>
    /// <param name="name">Its name on a command line.</param>
    /// <param name="get">Reads it from a command.</param>
    /// <param name="help">What it is.</param>
    /// <param name="lengthMax">The most characters that it may have.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<string> Text(string name, Func<TCommand, string> get, string help, int lengthMax) =>
        Add(new TextParameter(name, help, lengthMax, command => get((TCommand)command)));

    /// <summary>A snapshot of a volume: behind the volume on a command line, as <c>VOLUME@SNAPSHOT</c>.</summary>
    /// <param name="of">The volume.</param>
    /// <param name="get">Reads its name from a command.</param>
    /// <param name="httpName">Its name over HTTP.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<string> Snapshot(Parameter<VolumeId> of, Func<TCommand, string> get, string httpName = "snapshot") =>
        Add(new SnapshotParameter("snapshot", "The snapshot's name.", command => get((TCommand)command)) { HttpName = httpName }.OfVolume((VolumeParameter)of));

    /// <summary>A name for a snapshot: a positional argument.</summary>
    /// <param name="name">What it is called on a command line.</param>
    /// <param name="get">Reads it from a command.</param>
    /// <param name="help">What it is.</param>
    /// <param name="httpName">What it is called over HTTP.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<string> NameForSnapshot(string name, Func<TCommand, string> get, string help, string httpName) =>
        Add(new SnapshotParameter(name, help, command => get((TCommand)command)) { HttpName = httpName });

    /// <summary>A whole number, at least 0.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<long> Count(string name, Func<TCommand, long> get, string help) =>
        Add(new CountParameter(name, help, command => get((TCommand)command)));

    /// <summary>A pool and namespace: a positional argument.</summary>
    /// <param name="name">Its name on a command line.</param>
    /// <param name="get">Reads it from a command: an id without an image.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<VolumeId> Place(string name, Func<TCommand, VolumeId> get) => Add(new PlaceParameter(name, command => get((TCommand)command)) { HttpName = "" });

    /// <summary>A text that need not be said: an option.</summary>
    /// <inheritdoc cref="Text"/>
    protected Parameter<string> TextOption(string name, Func<TCommand, string?> get, string help, int lengthMax) =>
        Add(new TextParameter(name, help, lengthMax, command => get((TCommand)command)!) { IsOption = true });

    /// <summary>A key of a volume's metadata that is not Mooring's own.</summary>
    /// <param name="get">Reads it from a command.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<string> MetadataKey(Func<TCommand, string> get) =>
        Add(new TextParameter("key", "The key.", ImageDescription.MetadataKeyLengthMax, command => get((TCommand)command))
        {
            ReservedPrefix = ImageDescription.OwnMetadataPrefix,
        });

    /// <summary>A size in bytes.</summary>
    /// <param name="name">Its name on a command line.</param>
    /// <param name="get">Reads it from a command.</param>
    /// <param name="help">What it is.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<long> Size(string name, Func<TCommand, long> get, string help) =>
        Add(new SizeParameter(name, help, command => get((TCommand)command)));

    /// <summary>A size in bytes that need not be said; 0 then.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<long> SizeOption(string name, Func<TCommand, long> get, string help) =>
        Add(new SizeParameter(name, help, command => get((TCommand)command)) { IsOption = true });

    /// <summary>A count that need not be said; 0 then.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<long> CountOption(string name, Func<TCommand, long> get, string help) =>
        Add(new CountParameter(name, help, command => get((TCommand)command)) { IsOption = true });

    /// <summary>A time in seconds that need not be said; 0 then.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<long> Time(string name, Func<TCommand, long> get, string help) =>
        Add(new TimeParameter(name, help, command => get((TCommand)command)) { HttpName = $"{name}_seconds", JsonName = $"{name}Seconds" });

    /// <summary>All the features of a new image, that need not be said; null then.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<string> NewFeatures(string name, Func<TCommand, string?> get) => Add(new NewFeaturesParameter(name, command => get((TCommand)command)!));

    /// <summary>Features of an image: a positional argument.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<string> Features(string name, Func<TCommand, string> get, string help) => Add(new FeaturesParameter(name, help, command => get((TCommand)command)));

    /// <summary>Something that is so or not; not when it is not said.</summary>
    /// <inheritdoc cref="Size"/>
    protected Parameter<bool> Flag(string name, Func<TCommand, bool> get, string help) =>
        Add(new FlagParameter(name, help, command => get((TCommand)command)));
}
