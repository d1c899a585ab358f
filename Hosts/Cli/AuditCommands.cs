using System.CommandLine;
using Mooring.Messages.Http;

namespace Mooring.Cli;

/// <summary><c>mooring audit</c>.</summary>
internal static class AuditCommands
{
    private const int PageMax = 1000;

    public static Command Create() => new("audit", "Look at the log of who has asked for which change.") { List() };

    private static Command List()
    {
        var who = new Option<string?>("--who") { Description = "Only what was asked with this token." };
        var limit = new Option<int>("--limit") { Description = "At most so many entries.", DefaultValueFactory = _ => 100 };
        return Commands.Asking("list", "List the audit log's entries, newest first: one when a change was asked for, one when that was answered.", [], [who, limit], async (client, parsed, output) =>
        {
            var (found, cursor, wanted) = (new List<AuditEntryShape>(), (string?)null, parsed.GetValue(limit));
            do
            {
                var page = await client.ListAuditAsync(cursor, PageMax);
                found.AddRange(page.Items.Where(e => parsed.GetValue(who) is not { } name || e.Who == name).Take(wanted - found.Count));
                cursor = page.NextCursor;
            }
            while (cursor is not null && found.Count < wanted);
            output.Value(new AuditPage(found, null), HttpJson.Default.AuditPage, page => Output.Table(
                ["at", "who", "from", "node", "answer", "request", "what", "with, or why not"],
                page.Items.Select(e => (IReadOnlyList<string>)[
                    Output.Time(e.At), e.Who ?? "-", e.From, e.Node, e.Status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? e.Stage,
                    e.RequestId ?? "-", $"{e.Method} {e.Target}", e.Body ?? e.Result ?? ""])));
        });
    }
}
