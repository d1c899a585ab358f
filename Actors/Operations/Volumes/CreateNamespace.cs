using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Makes a namespace in a pool.</summary>
/// <param name="Namespace">Its pool, and its name as that of an image.</param>
public sealed record CreateNamespace(VolumeId Namespace) : VolumeCommand(Addresses.OfNamespace(Namespace));

// There was none when the intent was journalled, and a namespace is nothing but its name: if there is one now, that is what was wanted.
internal sealed class CreateNamespaceOperation : Operation<CreateNamespace>
{
    private readonly Parameter<VolumeId> _namespace;

    public CreateNamespaceOperation()
        : base("namespace.create", "Make a namespace in a pool.", "POST /v1/namespaces") =>
        _namespace = Volume("namespace", c => c.Namespace, flat: true, help: Meaning);

    public const string Meaning = "pool/namespace, or namespace in the pool rbd.";

    public override bool NamesImages => false;

    public override VolumeCommand Make(Given given) => new CreateNamespace(given.Get(_namespace));

    public static OperationError? Problem(VolumeId named) =>
        named.Namespace.Length > 0 ? OperationErrors.Wrong($"'{named}' is not pool/namespace")
        : (named with { Namespace = named.Image, Image = "x" }).Validate(namespaceNamed: true) is { } problem ? OperationErrors.Wrong(problem)
        : null;

    public static async Task<VolumeObservation> ObserveAsync(IBlockStore store, VolumeId named, CancellationToken cancellationToken) =>
        new(await store.HasNamespaceAsync(named.Pool, named.Image, cancellationToken) ? named.Image : null, null, null);

    protected override OperationError? Invalid(CreateNamespace command) => Problem(command.Namespace);

    protected override Task<VolumeObservation> ObserveAsync(IBlockStore store, CreateNamespace command, CancellationToken cancellationToken) =>
        ObserveAsync(store, command.Namespace, cancellationToken);

    protected override OperationError? Forbids(CreateNamespace command, VolumeObservation seen) =>
        seen.ImageId is null ? null : new OperationError(ErrorKind.AlreadyExists, $"namespace {command.Namespace} exists already", 17);

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, CreateNamespace command)
    {
        var (pool, name) = (command.Namespace.Pool, command.Namespace.Image);
        if (context.InDoubt)
            await context.FenceEarlierAsync();
        try
        {
            await context.Store.CreateNamespaceAsync(pool, name, context.Cancellation);
        }
        catch (BlockStoreException e) when (context.InDoubt && e.Kind == ErrorKind.AlreadyExists)
        {
            // All of it was done.
        }
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
