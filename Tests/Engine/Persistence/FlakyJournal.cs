using System.Collections.Immutable;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>A journal in memory that fails writes of events named "fail…" and rejects those named "reject…".</summary>
public sealed class FlakyJournal : MemoryJournal
{
    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var writes = messages.ToArray();
        if (writes.Any(w => Has(w, "fail")))
            throw new IOException("the disk is gone");
        await base.WriteMessagesAsync(writes.Where(w => !Has(w, "reject")));
        return writes.Select(w => Has(w, "reject") ? new ArgumentException("not this one") : (Exception?)null).ToImmutableList();
    }

    private static bool Has(AtomicWrite write, string prefix) =>
        ((IEnumerable<IPersistentRepresentation>)write.Payload).Any(p => p.Payload is TestEvent e && e.Data.StartsWith(prefix, StringComparison.Ordinal));
}
