using System.Collections.Immutable;

namespace Mooring.Storage.Files;

/// <summary>A part of a client's request that changes the area once, however often the request is sent.</summary>
/// <param name="Request">The request; it stays when it is sent again.</param>
/// <param name="Part">Which part of it; at least 0.</param>
public readonly record struct RequestPart(Guid Request, long Part);

/// <summary>What a part of a request was answered.</summary>
/// <param name="Request">The part.</param>
/// <param name="NodeId">The file or directory that it was about; 0 for a removal.</param>
/// <param name="IsDirectory">Whether that is a directory.</param>
/// <param name="SizeBytes">The file's size then.</param>
/// <param name="ModifiedAt">When it had been changed.</param>
/// <param name="Crc">The checksum of its content then, where it was known.</param>
internal sealed record RequestAnswer(RequestPart Request, long NodeId, bool IsDirectory, long SizeBytes, DateTimeOffset ModifiedAt, uint? Crc)
{
    /// <summary>How many bytes it takes in a checkpoint.</summary>
    public const int CheckpointBytes = 54;

    /// <summary>The entry that was answered; null after a removal. The path is not kept: whoever sends a request again names it.</summary>
    public AreaEntry? EntryAt(string path) => NodeId == 0 ? null : new AreaEntry(path, NodeId, IsDirectory, SizeBytes, ModifiedAt, Crc);
}

/// <summary>
/// The latest answers. They are written with the change itself, so that the next writer knows them too: a client whose answer was lost asks again and gets
/// the one that the first sending had, and the change is not made twice. The oldest is dropped when there are too many; a request that is sent
/// again after that is taken for a new one. Never changes, as the tree that it belongs to.
/// </summary>
internal sealed class RequestAnswers
{
    private readonly ImmutableDictionary<RequestPart, long> _turns;
    private readonly ImmutableSortedDictionary<long, RequestAnswer> _answers;
    private readonly int _countMax;
    private readonly long _next;

    private RequestAnswers(ImmutableDictionary<RequestPart, long> turns, ImmutableSortedDictionary<long, RequestAnswer> answers, int countMax, long next) =>
        (_turns, _answers, _countMax, _next) = (turns, answers, countMax, next);

    /// <summary>How many there are.</summary>
    public int Count => _answers.Count;

    /// <summary>All, the oldest first.</summary>
    public IEnumerable<RequestAnswer> All => _answers.Values;

    public static RequestAnswers None(int countMax) => new(ImmutableDictionary<RequestPart, long>.Empty, ImmutableSortedDictionary<long, RequestAnswer>.Empty, countMax, 0);

    public RequestAnswer? Find(RequestPart request) => _turns.TryGetValue(request, out var turn) ? _answers[turn] : null;

    /// <summary>With one more, or a later one to the same part: a file that grows piece by piece.</summary>
    public RequestAnswers With(RequestAnswer answer)
    {
        var (turns, answers) = (_turns, _answers);
        if (turns.TryGetValue(answer.Request, out var earlier))
        {
            answers = answers.Remove(earlier);
        }
        else if (answers.Count >= _countMax)
        {
            var (oldest, dropped) = answers.First();
            (turns, answers) = (turns.Remove(dropped.Request), answers.Remove(oldest));
        }
        return new RequestAnswers(turns.SetItem(answer.Request, _next), answers.Add(_next, answer), _countMax, _next + 1);
    }
}
