namespace MlOps.Code.Internal;

internal sealed partial class Reach
{
    private readonly HashSet<CodeType> _live = [];
    private readonly Dictionary<(string Name, int Arity), HashSet<CodeType>> _slots = [];
    private readonly HashSet<CodeType> _open = [];

    /// <summary>Values of the type may exist.</summary>
    public void Live(CodeType type)
    {
        if (!_live.Add(type))
        {
            return;
        }

        Type(type);
        foreach (var method in assemblies.Ancestry(type).Followed.SelectMany(ancestor => ancestor.Methods).Where(Fills))
        {
            if (assemblies.MayFillForeignSlot(type, method)
                || SlotsOf(method).Any(slot => _slots.TryGetValue(slot, out var homes) && homes.Any(home => assemblies.Ancestry(type).Has(home))))
            {
                Method(method);
            }
        }
    }

    /// <summary>A virtual method is called: any override may be meant that a value has.</summary>
    private void Slot(CodeMethod called)
    {
        if (seams.Contains(called.Type.Name))
        {
            return;
        }

        var homes = _slots.TryGetValue((called.Name, called.Arity), out var known) ? known : _slots[(called.Name, called.Arity)] = [];
        if (homes.Add(called.Type))
        {
            foreach (var ancestry in _live.Select(assemblies.Ancestry).Where(ancestry => ancestry.Has(called.Type)).ToList())
            {
                foreach (var method in ancestry.Followed.SelectMany(ancestor => ancestor.Methods).Where(Fills))
                {
                    if (SlotsOf(method).Contains((called.Name, called.Arity)))
                    {
                        Method(method);
                    }
                }
            }
        }
    }

    /// <summary>Values of the type come from outside: of whatever followed type they are, and whatever they hold. Behind a seam stands what the entries name.</summary>
    public void Open(CodeType type)
    {
        if (seams.Contains(type.Name))
        {
            return;
        }

        foreach (var possible in assemblies.Subtypes(type))
        {
            if (_open.Add(possible))
            {
                Live(possible);
                foreach (var held in assemblies.HeldBy(possible))
                {
                    Open(held);
                }
            }
        }
    }

    private static bool Fills(CodeMethod method) => method.Definition.RelativeVirtualAddress != 0 && (method.IsVirtual || method.Type.Explicit(method).Count > 0);

    private static IEnumerable<(string Name, int Arity)> SlotsOf(CodeMethod method) =>
        method.Type.Explicit(method).Select(slot => (slot.Name, method.Arity)).Append((method.Name, method.Arity));
}
