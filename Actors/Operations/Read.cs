using System.Buffers;
using System.Text;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>
/// One kind of question about what the store holds, described once as operations are: command line, HTTP and consoles are derived from it. It is answered with
/// rows of fields, by any node, straight from the block store.
/// </summary>
/// <param name="kind">Its stable name, such as <c>trash.list</c>; as words it is the verb of the command line.</param>
/// <param name="summary">What it shows, in one sentence.</param>
/// <param name="route">Its HTTP path, such as <c>/v1/volumes/{volume}/locks</c>; what does not stand in it stands in the query.</param>
public abstract class Read(string kind, string summary, string route)
{
    /// <summary>The most rows of one answer.</summary>
    public const int LimitMax = 1000;

    private readonly List<Parameter> _parameters = [];

    /// <summary>Its stable name, such as <c>trash.list</c>.</summary>
    public string Kind => kind;

    /// <summary>What it shows, in one sentence.</summary>
    public string Summary => summary;

    /// <summary>Its HTTP method and path.</summary>
    public HttpRoute Route { get; } = HttpRoute.Parse("GET " + route);

    /// <summary>What is to be said, in the order in which people name it: each a volume in the path, or a pool and namespace.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The names of its fields, in order.</summary>
    public abstract IReadOnlyList<string> Fields { get; }

    /// <summary>Looks at the store.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="given">A value for each parameter.</param>
    /// <param name="after">Where the page before ended; null begins at the start.</param>
    /// <param name="limit">At most so many rows, 1 to <see cref="LimitMax"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Rows of values in the order of <see cref="Fields"/>, and where the next page begins; null at the end.</returns>
    /// <exception cref="BlockStoreException">The store does not answer, or refuses.</exception>
    protected abstract Task<(IEnumerable<object?[]> Rows, string? Next)> RowsAsync(
        IBlockStore store, Given given, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Answers the question.</summary>
    /// <param name="store">Any connection.</param>
    /// <param name="question">The question, of this kind.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="BlockStoreException">It is wrong; the store does not answer, or refuses.</exception>
    public async Task<RowsFound> AnswerAsync(IBlockStore store, GetRows question, CancellationToken cancellationToken)
    {
        var given = new Given();
        foreach (var parameter in Parameters)
        {
            var text = question.Arguments.GetValueOrDefault(parameter.Name);
            if (text is null)
                throw new BlockStoreException(OperationErrors.Wrong($"{parameter.Name} is missing"));
            if (!parameter.TryGive(text, given, out var problem))
                throw new BlockStoreException(OperationErrors.Wrong(problem));
        }
        var (rows, next) = await RowsAsync(store, given, question.After, Math.Clamp(question.Limit, 1, LimitMax), cancellationToken);
        return new RowsFound([.. rows.Select(Json)], next);
    }

    /// <inheritdoc/>
    public override string ToString() => Kind;

    /// <summary>A volume, which stands in the path.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<VolumeId> Volume(string name) => Add(new VolumeParameter(name, VolumeParameter.Meaning, OfNoCommand));

    /// <summary>A pool and namespace.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The parameter.</returns>
    protected Parameter<VolumeId> Place(string name) => Add(new PlaceParameter(name, OfNoCommand));

    /// <summary>The page of a list that is there as a whole.</summary>
    /// <typeparam name="T">The type of its items.</typeparam>
    /// <param name="items">The items, of which there was one more asked for than the page may have.</param>
    /// <param name="limit">How many the page may have.</param>
    /// <param name="row">An item's row.</param>
    /// <param name="name">Where a page begins that comes after an item.</param>
    /// <returns>The rows and where the next page begins.</returns>
    protected static (IEnumerable<object?[]> Rows, string? Next) Page<T>(IReadOnlyList<T> items, int limit, Func<T, object?[]> row, Func<T, string> name) =>
        (items.Select(row), items.Count == limit ? name(items[^1]) : null);

    private static VolumeId OfNoCommand(VolumeCommand command) => throw new InvalidOperationException("a read has no command");

    private T Add<T>(T parameter)
        where T : Parameter
    {
        _parameters.Add(parameter);
        return parameter;
    }

    private string Json(object?[] values)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var (field, value) in Fields.Zip(values))
            {
                writer.WritePropertyName(field);
                Write(writer, value);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            default:
                writer.WriteStringValue(value.ToString());
                break;
        }
    }
}
