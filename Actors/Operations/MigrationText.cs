using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Migrations as text.</summary>
internal static class MigrationText
{
    extension(MigrationState state)
    {
        /// <summary>As the <c>rbd</c> command calls it.</summary>
        public string Text() => state.ToString().ToLowerInvariant();
    }
}
